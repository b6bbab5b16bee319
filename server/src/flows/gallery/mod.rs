//! Working flows to start from.

use flow::Text;
use flow::api::GalleryFlow;

/// Id, document, name and description in Portuguese; the English ones are the document's own.
const FLOWS: [(&str, &str, &str, &str); 4] = [
    (
        "sign-a-pdf",
        include_str!("sign-a-pdf.json"),
        "Assinar um PDF recebido por webhook",
        "Envie um PDF ao webhook e receba-o de volta assinado.",
    ),
    (
        "daily-report",
        include_str!("daily-report.json"),
        "Coletar um relatório diário",
        "Toda manhã, busca números em um serviço web, resume e salva um relatório.",
    ),
    (
        "sign-a-folder",
        include_str!("sign-a-folder.json"),
        "Assinar tudo de uma pasta toda noite",
        "À noite, assina cada PDF da caixa de entrada, salva e move o original.",
    ),
    (
        "container",
        include_str!("container.json"),
        "Executar um contêiner no cluster",
        "Entrega pedidos a um contêiner como JSON, acompanha seu log ao vivo e segue com o que ele escreve.",
    ),
];

/// All of them, in the order in which they are shown.
pub fn all() -> Vec<GalleryFlow> {
    let read = |(id, json, name, description): (&str, &str, &str, &str)| {
        // A test reads every document, so that none is missing here.
        let document: flow::Flow = serde_json::from_str(json).ok()?;
        Some(GalleryFlow {
            id: id.to_owned(),
            name: Text::new(&document.name, name),
            description: Text::new(&document.description, description),
            document,
        })
    };
    FLOWS.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_is_sound_but_for_the_certificate_that_only_its_owner_has() {
        let registry = nodes::Registry::standard();
        let all = all();
        assert_eq!(all.len(), FLOWS.len());
        for flow in all {
            let findings = crate::flows::check(&flow.document, &registry);
            let other: Vec<_> = findings.iter().filter(|f| f.code != "credential_missing").collect();
            assert!(other.is_empty(), "{}: {other:#?}", flow.id);
        }
    }
}
