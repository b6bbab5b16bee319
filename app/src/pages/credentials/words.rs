//! Words of the credentials page.

use crate::words;

words! {
    /// Words of the credentials page.
    Words {
        title: "Credentials" | "Credenciais",
        about: "Certificates, passwords and tokens that nodes use. Stored encrypted, never shown again." | "Certificados, senhas e tokens que os nós usam. Guardados criptografados, nunca mostrados de novo.",
        new: "New credential" | "Nova credencial",
        search: "Search credentials" | "Buscar credenciais",
        nothing: "No credential has these words in its name." | "Nenhuma credencial tem estas palavras no nome.",
        name: "Name" | "Nome",
        kind: "Kind" | "Tipo",
        used_by: "Used by" | "Usada por",
        flows: "{} flows" | "{} fluxos",
        unused: "no flow" | "nenhum fluxo",
        changed: "Changed" | "Alterada",
        actions: "Actions" | "Ações",
        empty: "No credentials yet" | "Ainda não há credenciais",
        empty_text: "Upload a certificate (PKCS#12) to sign PDFs, or keep the token of a service that your flows call." | "Envie um certificado (PKCS#12) para assinar PDFs, ou guarde o token de um serviço que seus fluxos chamam.",
        choose_kind: "What is it for?" | "Para que serve?",
        edit: "Edit {}" | "Editar {}",
        name_hint: "How you find it in a node, for example \"A1 of the company\"." | "Como você a encontra num nó, por exemplo “A1 da empresa”.",
        name_needed: "Give the credential a name." | "Dê um nome à credencial.",
        stored: "The secret is stored. Fill in the fields only to replace it, and then all of them." | "O segredo está guardado. Preencha os campos só para trocá-lo, e então todos eles.",
        replace: "Replace the secret" | "Trocar o segredo",
        save_new: "Save the credential" | "Salvar a credencial",
        save: "Save" | "Salvar",
        saved: "{} is saved" | "{} foi salva",
        back: "Back" | "Voltar",
        deleted: "{} is deleted" | "{} foi excluída",
        delete_title: "Delete {}?" | "Excluir {}?",
        delete_used: "Used by: {}. It can be deleted once no flow uses it: choose another one there first." | "Usada por: {}. Ela só pode ser excluída quando nenhum fluxo a usar: escolha outra neles antes.",
        delete_unused: "No flow uses it. It can't be brought back." | "Nenhum fluxo a usa. Não há como recuperá-la.",
        delete_action: "Delete the credential" | "Excluir a credencial",
        subject: "Holder" | "Titular",
        issuer: "Issued by" | "Emitido por",
        serial: "Serial number" | "Número de série",
        from: "Valid from" | "Válido desde",
        until: "Valid until" | "Válido até",
        key: "Key" | "Chave",
        valid_until: "valid until {}" | "válido até {}",
        expired: "The certificate has expired. Upload the new one: signatures made with it are not valid." | "O certificado expirou. Envie o novo: assinaturas feitas com ele não são válidas.",
        ends_soon: "The certificate ends in {} days. Upload the new one before then." | "O certificado termina em {} dias. Envie o novo antes disso.",
        done: "Done" | "Concluir",
    }
}
