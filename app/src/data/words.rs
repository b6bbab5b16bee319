//! Words of the data views.

use crate::words;

words! {
    /// Words of the data views.
    Words {
        table: "Table" | "Tabela",
        json: "JSON" | "JSON",
        schema: "Schema" | "Estrutura",
        files: "Files" | "Arquivos",
        view: "View" | "Visualização",
        search: "Search in data" | "Buscar nos dados",
        range: "{}–{} of {}" | "{}–{} de {}",
        page_searched: "The search looks at this page’s items." | "A busca olha os itens desta página.",
        page_copied: "The items of this page are copied" | "Os itens desta página foram copiados",
        page_copied_text: "Download them as JSON to get all." | "Baixe como JSON para ter todos.",
        item_of: "Item {} of {}" | "Item {} de {}",
        previous_item: "Previous item" | "Item anterior",
        next_item: "Next item" | "Próximo item",
        previous: "Previous page" | "Página anterior",
        next: "Next page" | "Próxima página",
        no_items: "No items" | "Nenhum item",
        no_items_text: "This step sent nothing here." | "Este passo não enviou nada por aqui.",
        nothing_found: "Nothing here matches the search." | "Nada aqui corresponde à busca.",
        not_kept: "The items were not kept" | "Os itens não foram guardados",
        not_kept_text: "The flow's settings say not to keep them, or they were cleaned up. Change \"History\" in the flow's settings to keep them from the next run on." | "As configurações do fluxo dizem para não guardá-los, ou eles já foram limpos. Altere o “Histórico” nas configurações do fluxo para guardá-los a partir da próxima execução.",
        fields: "{} fields" | "{} campos",
        field: "{} field" | "{} campo",
        entries: "{} items" | "{} itens",
        entry: "{} item" | "{} item",
        empty: "empty" | "vazio",
        text: "text" | "texto",
        number: "number" | "número",
        yes_no: "yes/no" | "sim/não",
        list: "list" | "lista",
        object: "object" | "objeto",
        download: "Download" | "Baixar",
        download_json: "Download as JSON" | "Baixar como JSON",
        copy_json: "Copy as JSON" | "Copiar como JSON",
        preview: "Preview of {}" | "Visualização de {}",
        no_preview: "No preview for this type. Download it to look at it." | "Não há visualização para este tipo. Baixe o arquivo para vê-lo.",
        too_large: "Too large to show as text. Download it to look at it." | "Grande demais para mostrar como texto. Baixe o arquivo para vê-lo.",
        no_files: "These items have no files." | "Estes itens não têm arquivos.",
        drag: "Drag a field onto a parameter" | "Arraste um campo até um parâmetro",
        more_columns: "{} more fields: see JSON" | "Mais {} campos: veja em JSON",
        item: "Item {}" | "Item {}",
    }
}
