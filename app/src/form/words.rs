//! Words of forms.

use crate::words;

words! {
    /// Words of forms.
    Words {
        options: "Options" | "Opções",
        fixed: "Fixed" | "Fixo",
        expression: "Expression" | "Expressão",
        mode_of: "How {} is given" | "Como {} é informado",
        add: "Add" | "Adicionar",
        add_field: "Add field" | "Adicionar campo",
        add_condition: "Add condition" | "Adicionar condição",
        or_drop: "or drop one from the input" | "ou solte um da entrada",
        remove: "Remove" | "Remover",
        remove_named: "Remove {}" | "Remover {}",
        move_up: "Move up" | "Mover para cima",
        name: "Name" | "Nome",
        r#type: "Type" | "Tipo",
        number_wanted: "Type a number." | "Digite um número.",
        number_min: "Type a number of at least {}." | "Digite um número de no mínimo {}.",
        number_max: "Type a number of at most {}." | "Digite um número de no máximo {}.",
        json_wrong: "This is not JSON: {}. Correct it; until then the last correct value is kept." | "Isto não é JSON: {}. Corrija; até lá vale o último valor correto.",
        not_set: "Not set" | "Não definido",
        choose_file: "Choose a file" | "Escolher um arquivo",
        other_file: "Choose another file" | "Escolher outro arquivo",
        file_chosen: "{} ({})" | "{} ({})",
        too_large: "The file is larger than {}. Choose a smaller one." | "O arquivo passa de {}. Escolha um menor.",
        cant_read: "The file can't be read. Choose it again." | "Não foi possível ler o arquivo. Escolha-o de novo.",
        empty_result: "empty" | "vazio",
        working_out: "Working it out…" | "Calculando…",
        preview_none: "A result shows here once the node has input." | "O resultado aparece aqui quando o nó tiver entrada.",
        next_ticks: "Next" | "Próximas",
        schedule_time: "In the schedule’s time zone" | "No fuso da agenda",
        your_time: "On your clock" | "No seu relógio",
        no_ticks: "No further ticks. Change the schedule." | "Não há próximas ocorrências. Altere a agenda.",
        all_and: "and" | "e",
        any_or: "or" | "ou",
        first_value: "First value" | "Primeiro valor",
        comparison: "Comparison" | "Comparação",
        second_value: "Second value" | "Segundo valor",
        completions: "Completions" | "Sugestões",
    }
}
