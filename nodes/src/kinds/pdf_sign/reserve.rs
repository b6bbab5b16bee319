//! Fields that a signature reserves for later ones, and fields that it locks.

use pdf::{Lock, Reserve};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::common::names;
use super::super::describe::pt;
use super::{Page, Place};

/// An empty signature field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Reserved {
    /// A name that no field has yet; the later signer's node names it too.
    #[schemars(title = "Name", extend("x-pt" = pt("Nome", "Um nome que nenhum campo tem ainda; o nó de quem assina depois também o nomeia.")))]
    pub name: String,
    /// Shows the later signature in a box on a page.
    #[schemars(title = "Visible", extend("x-pt" = pt("Visível", "Mostra a assinatura posterior numa caixa em uma página.")))]
    pub visible: bool,
    /// The page that the box is on.
    #[schemars(title = "Page", extend("x-pt" = pt("Página", "A página em que a caixa fica.")))]
    pub page: Page,
    /// The page's number when it goes by number: 1 is the first, -1 the last.
    #[schemars(title = "Page number", extend("x-pt" = pt("Número da página", "O número da página quando ela é dada pelo número: 1 é a primeira, -1 a última.")))]
    pub page_number: i64,
    /// Where on the page the box is.
    #[schemars(title = "Place", extend("x-pt" = pt("Lugar", "Onde na página a caixa fica.")))]
    pub place: Place,
    /// Millimetres from the page's left edge, when placed by measure.
    #[schemars(title = "From the left", extend("x-pt" = pt("Da esquerda", "Milímetros a partir da borda esquerda da página, quando o lugar é por medida.")))]
    pub left: f64,
    /// Millimetres from the page's upper edge, when placed by measure.
    #[schemars(title = "From the top", extend("x-pt" = pt("Do alto", "Milímetros a partir da borda superior da página, quando o lugar é por medida.")))]
    pub top: f64,
    /// The box's width in millimetres.
    #[schemars(title = "Width", range(min = 1), extend("x-pt" = pt("Largura", "A largura da caixa em milímetros.")))]
    pub width: f64,
    /// The box's height in millimetres.
    #[schemars(title = "Height", range(min = 1), extend("x-pt" = pt("Altura", "A altura da caixa em milímetros.")))]
    pub height: f64,
    /// Fields that are locked when it is signed: names separated by commas; * for all; !a, b for all but a and b.
    #[schemars(title = "Lock fields", extend("x-pt" = pt("Bloquear campos", "Campos bloqueados quando ele é assinado: nomes separados por vírgulas; * para todos; !a, b para todos menos a e b.")))]
    pub lock: String,
}

impl Default for Reserved {
    fn default() -> Self {
        Self {
            name: String::new(),
            visible: false,
            page: Page::Last,
            page_number: 1,
            place: Place::BottomLeft,
            left: 20.0,
            top: 20.0,
            width: 70.0,
            height: 22.0,
            lock: String::new(),
        }
    }
}

impl From<&Reserved> for Reserve {
    fn from(reserved: &Reserved) -> Self {
        let Reserved { left, top, width, height, .. } = *reserved;
        let place = (reserved.page.of(reserved.page_number), reserved.place.of(left, top, width, height));
        Self {
            name: reserved.name.trim().to_owned(),
            place: reserved.visible.then_some(place),
            lock: lock(&reserved.lock),
        }
    }
}

impl Page {
    /// The page as the library takes it.
    pub fn of(self, number: i64) -> pdf::Page {
        match self {
            Self::First => pdf::Page::First,
            Self::Last => pdf::Page::Last,
            Self::Number => pdf::Page::Number(number),
        }
    }
}

impl Place {
    /// The place as the library takes it; all in millimetres.
    pub fn of(self, left: f64, top: f64, width: f64, height: f64) -> pdf::Place {
        let corner = |corner| pdf::Place::Corner { corner, width, height };
        match self {
            Self::TopLeft => corner(pdf::Corner::TopLeft),
            Self::TopRight => corner(pdf::Corner::TopRight),
            Self::BottomLeft => corner(pdf::Corner::BottomLeft),
            Self::BottomRight => corner(pdf::Corner::BottomRight),
            Self::Measured => pdf::Place::Rectangle { left, top, width, height },
        }
    }
}

/// Nothing, `*`, names, or all but the names after an exclamation mark.
pub fn lock(text: &str) -> Lock {
    let text = text.trim();
    match text.strip_prefix('!') {
        Some(others) => Lock::AllBut(names(others)),
        None if text == "*" => Lock::All,
        None if names(text).is_empty() => Lock::None,
        None => Lock::Only(names(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks() {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(lock(" , "), Lock::None);
        assert_eq!(lock(" * "), Lock::All);
        assert_eq!(lock("a, b.c"), Lock::Only(list(&["a", "b.c"])));
        assert_eq!(lock("!a"), Lock::AllBut(list(&["a"])));
    }
}
