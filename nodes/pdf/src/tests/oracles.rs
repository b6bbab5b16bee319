//! Judged by pyHanko, which analyses what changed between revisions.

use super::signing::options;
use super::validators::pyhanko;
use crate::testing::documents::{all_kinds, form, plain};
use crate::testing::material::{ana, bruno, now};
use crate::{Certify, Page, Place, SignOptions, Visible, sign};

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_accepts_every_kind_signed_twice() {
    for (kind, input, password) in all_kinds() {
        // pyHanko's reader does not know files that begin with something else.
        if kind == "bytes before the header" {
            continue;
        }
        println!("{kind}");
        let first = sign(&input, ana(), &options(password), now()).unwrap().pdf;
        let second = sign(&first, bruno(), &options(password), now()).unwrap().pdf;
        pyhanko(&second, password);
    }
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_accepts_certified_and_visible_ones() {
    let show = Some(Visible { page: Page::First, place: Place::default(), ..Visible::default() });
    for certification in [Certify::None, Certify::FormsAndSigning, Certify::FormsSigningAndComments] {
        for input in [plain(), form()] {
            let options = SignOptions { certification, visible: show.clone(), ..options(None) };
            let first = sign(&input, ana(), &options, now()).unwrap().pdf;
            // pyHanko, stricter than others, accepts no new visible field after a certification.
            let visible = show.clone().filter(|_| certification == Certify::None);
            let second = SignOptions { certification: Certify::None, visible, ..options };
            let second = sign(&first, bruno(), &second, now()).unwrap().pdf;
            pyhanko(&second, None);
        }
    }
}

#[test]
fn pyhanko_needs_cargo_xtask_setup_and_accepts_a_filled_field_with_a_lock() {
    let options = SignOptions { field: "Approval".into(), ..options(None) };
    pyhanko(&sign(&form(), ana(), &options, now()).unwrap().pdf, None);
}
