//! Words that many pages share.

use flow::{RunStatus, StepStatus, TriggerKind};

use crate::words;

words! {
    /// Words that many pages share.
    Common {
        cancel: "Cancel" | "Cancelar",
        close: "Close" | "Fechar",
        save: "Save" | "Salvar",
        delete: "Delete" | "Excluir",
        keep: "Keep it" | "Manter",
        edit: "Edit" | "Editar",
        copy: "Copy" | "Copiar",
        copied: "Copied" | "Copiado",
        not_copied: "Not copied" | "Não copiado",
        not_copied_text: "The browser does not let this page write to the clipboard. Mark the text and press Ctrl+C." | "O navegador não deixa esta página escrever na área de transferência. Marque o texto e use Ctrl+C.",
        search: "Search" | "Buscar",
        clear: "Clear" | "Limpar",
        more: "More" | "Mais",
        more_for: "More for {}" | "Mais opções de {}",
        loading: "Loading" | "Carregando",
        load_more: "Show more" | "Mostrar mais",
        retry: "Try again" | "Tentar de novo",
        optional: "optional" | "opcional",
        name: "Name" | "Nome",
        email: "E-mail" | "E-mail",
        password: "Password" | "Senha",
        show_password: "Show password" | "Mostrar a senha",
        hide_password: "Hide password" | "Esconder a senha",
        role: "Role" | "Papel",
        owner: "Owner" | "Proprietário",
        editor: "Editor" | "Editor",
        viewer: "Viewer" | "Leitor",
        owner_can: "Also manages users and API keys" | "Também gerencia usuários e chaves de API",
        editor_can: "Changes, runs and publishes flows" | "Altera, executa e publica fluxos",
        viewer_can: "Reads flows and runs" | "Vê fluxos e execuções",
        done: "Done" | "Concluída",
        failed: "Failed" | "Falhou",
        running: "Running" | "Executando",
        waiting: "Waiting" | "Esperando",
        queued: "Queued" | "Na fila",
        cancelled: "Cancelled" | "Cancelada",
        manual: "By hand" | "Manual",
        webhook: "Webhook" | "Webhook",
        webhook_test: "Webhook test" | "Teste de webhook",
        schedule: "Schedule" | "Agenda",
        by_retry: "Retry" | "Nova tentativa",
        by_api: "API" | "API",
        now: "now" | "agora",
        minutes_ago: "{} min ago" | "há {} min",
        hours_ago: "{} h ago" | "há {} h",
        in_minutes: "in {} min" | "em {} min",
        in_hours: "in {} h" | "em {} h",
        until: "until {}" | "até {}",
        today: "today {}" | "hoje {}",
        yesterday: "yesterday {}" | "ontem {}",
        tomorrow: "tomorrow {}" | "amanhã {}",
        never: "never" | "nunca",
        on: "On" | "Ligado",
        off: "Off" | "Desligado",
        open: "Open" | "Abrir",
        none: "None" | "Nenhum",
        items_one: "{} item" | "{} item",
        items_many: "{} items" | "{} itens",
        version_short: "v{}" | "v{}",
        draft: "Draft" | "Rascunho",
        something_wrong: "Something went wrong" | "Algo deu errado",
        part_missing: "A part of this page could not be loaded. The connection may be down, or the server was updated: reload the page." | "Uma parte desta página não pôde ser carregada. A conexão pode ter caído, ou o servidor foi atualizado: recarregue a página.",
        reload: "Reload" | "Recarregar",
    }
}

impl Common {
    pub fn run_status(&self, status: RunStatus) -> &'static str {
        match status {
            RunStatus::Queued => self.queued,
            RunStatus::Running => self.running,
            RunStatus::Waiting => self.waiting,
            RunStatus::Succeeded => self.done,
            RunStatus::Failed => self.failed,
            RunStatus::Cancelled => self.cancelled,
        }
    }

    pub fn step_status(&self, status: StepStatus) -> &'static str {
        match status {
            StepStatus::Running => self.running,
            StepStatus::Waiting => self.waiting,
            StepStatus::Succeeded => self.done,
            StepStatus::Failed => self.failed,
            StepStatus::Cancelled => self.cancelled,
        }
    }

    pub fn trigger(&self, trigger: TriggerKind) -> &'static str {
        match trigger {
            TriggerKind::Manual => self.manual,
            TriggerKind::Webhook => self.webhook,
            TriggerKind::WebhookTest => self.webhook_test,
            TriggerKind::Schedule => self.schedule,
            TriggerKind::Retry => self.by_retry,
            TriggerKind::Api => self.by_api,
        }
    }

    pub fn role(&self, role: flow::api::Role) -> &'static str {
        match role {
            flow::api::Role::Owner => self.owner,
            flow::api::Role::Editor => self.editor,
            flow::api::Role::Viewer => self.viewer,
        }
    }
}
