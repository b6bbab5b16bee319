//! Which test makes each error, warning and finding happen.
//!
//! The tables are read by the test below, which fails for a code without a row, for a row without its code, and for a
//! test that does not mention the code or its variant.
//!
//! # The PDF, the certificate file, the certificate, what the document allows, options and signing
//!
//! | code | test |
//! |---|---|
//! | `pdf_empty` | `tests/errors.rs` `what_is_no_pdf` |
//! | `pdf_not_a_pdf` | `tests/errors.rs` `what_is_no_pdf` |
//! | `pdf_too_large` | `tests/errors.rs` `what_is_no_pdf` |
//! | `pdf_expands_too_far` | `tests/errors.rs` `a_stream_that_unpacks_too_far` |
//! | `pdf_damaged` | `tests/errors.rs` `what_is_no_pdf` |
//! | `pdf_damaged_signed` | `tests/errors.rs` `a_damaged_file_with_signatures` |
//! | `pdf_encrypted` | `tests/errors.rs` `passwords` |
//! | `pdf_wrong_password` | `tests/errors.rs` `passwords` |
//! | `pdf_unsupported_encryption` | `tests/errors.rs` `passwords` |
//! | `pdf_no_pages` | `tests/errors.rs` `what_is_no_pdf` |
//! | `pdf_dynamic_form` | `tests/errors.rs` `forms_that_cannot_be_signed` |
//! | `pdf_not_a_certificate_file` | `tests/certificates.rs` `what_is_wrong_is_told_apart` |
//! | `pdf_certificate_file_too_large` | `tests/certificates.rs` `what_is_wrong_is_told_apart` |
//! | `pdf_certificate_file_damaged` | `tests/certificates.rs` `what_is_wrong_is_told_apart` |
//! | `pdf_certificate_file_unsupported` | `tests/certificates.rs` `what_is_wrong_is_told_apart` |
//! | `pdf_wrong_certificate_password` | `../../src/kinds/pdf_sign/tests.rs` `what_cannot_be_signed` |
//! | `pdf_no_private_key` | `tests/certificates.rs` `what_is_wrong_is_told_apart` |
//! | `pdf_no_matching_certificate` | `tests/certificates.rs` `what_is_wrong_is_told_apart` |
//! | `pdf_unsupported_key` | `tests/certificates.rs` `what_is_wrong_is_told_apart` |
//! | `pdf_weak_key` | `tests/certificates.rs` `what_is_wrong_is_told_apart` |
//! | `pdf_weak_certificate` | `tests/errors.rs` `certificates` |
//! | `pdf_certificate_expired` | `tests/errors.rs` `certificates` |
//! | `pdf_certificate_not_yet_valid` | `tests/errors.rs` `certificates` |
//! | `pdf_certificate_key_usage` | `tests/errors.rs` `certificates` |
//! | `pdf_locked` | `tests/errors.rs` `what_earlier_signers_forbid` |
//! | `pdf_visible_after_certification` | `tests/errors.rs` `boxes_after_a_certification` |
//! | `pdf_already_certified` | `tests/errors.rs` `what_earlier_signers_forbid` |
//! | `pdf_certify_after_signature` | `tests/errors.rs` `what_earlier_signers_forbid` |
//! | `pdf_already_signed` | `../../src/kinds/pdf_sign/tests.rs` `who_has_signed_already` |
//! | `pdf_field_locked` | `tests/errors.rs` `fields` |
//! | `pdf_field_signed` | `tests/errors.rs` `fields` |
//! | `pdf_field_not_signature` | `tests/errors.rs` `fields` |
//! | `pdf_field_name` | `tests/errors.rs` `fields` |
//! | `pdf_page_not_found` | `tests/errors.rs` `places_that_are_not_there` |
//! | `pdf_outside_page` | `tests/errors.rs` `places_that_are_not_there` |
//! | `pdf_unknown_time_zone` | `tests/errors.rs` `places_that_are_not_there` |
//! | `pdf_signing_failed` | `tests/errors.rs` `a_signer_that_fails` |
//! | `pdf_check_failed` | `tests/errors.rs` `a_signer_that_fails` |
//!
//! # Two steps, policies, time stamps and proofs of revocation
//!
//! | code | test |
//! |---|---|
//! | `pdf_signature_no_room` | `tests/errors.rs` `a_signer_that_fails` |
//! | `pdf_not_prepared` | `tests/two_steps.rs` `what_does_not_wait_is_refused` |
//! | `pdf_raw_signature_wrong` | `tests/two_steps.rs` `what_does_not_wait_is_refused` |
//! | `pdf_policy_needs_time_stamp` | `tests/levels.rs` `policies_name_themselves_and_drop_the_reason` |
//! | `pdf_policy_format` | `tests/levels.rs` `policies_name_themselves_and_drop_the_reason` |
//! | `pdf_policy_algorithm` | `tests/levels.rs` `what_a_policy_asks_of_certificates` |
//! | `pdf_tsa_unreachable` | `../../src/kinds/pdf_sign/tests_level.rs` `a_time_stamp_that_cannot_be_had` |
//! | `pdf_tsa_refused` | `tests/levels.rs` `policies_of_the_authority` |
//! | `pdf_tsa_unreadable` | `tests/levels.rs` `tokens_are_checked` |
//! | `pdf_tsa_imprint` | `tests/levels.rs` `tokens_are_checked` |
//! | `pdf_tsa_nonce` | `tests/levels.rs` `tokens_are_checked` |
//! | `pdf_tsa_policy` | `tests/levels.rs` `policies_of_the_authority` |
//! | `pdf_tsa_broken` | `tests/levels.rs` `tokens_are_checked` |
//! | `pdf_tsa_certificate` | `tests/levels.rs` `tokens_are_checked` |
//! | `pdf_tsa_untrusted` | `tests/levels.rs` `tokens_are_checked` |
//! | `pdf_certificate_revoked` | `tests/levels.rs` `revoked_certificates_are_found_by_ocsp_and_by_list` |
//! | `pdf_chain_incomplete` | `tests/levels.rs` `what_cannot_be_proven_is_told` |
//! | `pdf_revocation_unavailable` | `tests/levels.rs` `what_cannot_be_proven_is_told` |
//! | `pdf_revocation_too_large` | `tests/levels.rs` `more_proofs_than_a_file_may_hold` |
//!
//! # Tokens
//!
//! | code | test |
//! |---|---|
//! | `pdf_token_module` | `tests/tokens.rs` `inside` |
//! | `pdf_token_not_found` | `tests/tokens.rs` `inside` |
//! | `pdf_token_several` | `tests/tokens.rs` `inside` |
//! | `pdf_token_wrong_pin` | `tests/tokens.rs` `inside` |
//! | `pdf_token_pin_locked` | `identity/token.rs` `answers_of_tokens_are_told_apart` |
//! | `pdf_token_no_certificate` | `tests/tokens.rs` `inside` |
//! | `pdf_token_several_certificates` | `tests/tokens.rs` `inside` |
//! | `pdf_token_removed` | `identity/token.rs` `answers_of_tokens_are_told_apart` |
//! | `pdf_token_failed` | `identity/token.rs` `answers_of_tokens_are_told_apart` |
//!
//! # Tools
//!
//! | code | test |
//! |---|---|
//! | `pdf_signed` | `tools/tests/stamp.rs` `signed_files_are_refused_or_broken_on_purpose` |
//! | `pdf_change_locked` | `tools/tests/fill.rs` `pyhanko_needs_cargo_xtask_setup_and_signatures_hold_when_a_form_is_filled_afterwards` |
//! | `pdf_nothing_to_merge` | `tools/tests/bind.rs` `what_cannot_be_merged_or_split` |
//! | `pdf_page_list` | `tools/tests/stamp.rs` `what_cannot_be_stamped` |
//! | `pdf_page_beyond` | `tools/tests/stamp.rs` `what_cannot_be_stamped` |
//! | `pdf_result_too_large` | `tools/pages.rs` `what_is_no_list` |
//! | `pdf_field_missing` | `tools/tests/fill.rs` `values_that_do_not_fit` |
//! | `pdf_field_value` | `tools/tests/fill.rs` `values_that_do_not_fit` |
//! | `pdf_field_kind` | `tools/tests/fill.rs` `values_that_do_not_fit` |
//! | `pdf_image` | `tools/tests/stamp.rs` `what_cannot_be_stamped` |
//! | `pdf_image_size` | `tools/tests/stamp.rs` `what_cannot_be_stamped` |
//! | `pdf_qr_text` | `tools/tests/stamp.rs` `what_cannot_be_stamped` |
//! | `pdf_nothing_to_stamp` | `tools/tests/stamp.rs` `what_cannot_be_stamped` |
//!
//! # Warnings of signing
//!
//! | code | test |
//! |---|---|
//! | `pdf_certificate_ends_soon` | `../../src/kinds/pdf_sign/tests.rs` `a_certificate_that_ends_soon_is_warned_of` |
//! | `pdf_seal_certificate` | `tests/signing.rs` `warnings_do_not_stop_signing` |
//! | `pdf_signed_outside_validity` | `tests/verifying.rs` `time_matters` |
//! | `pdf_usage_rights` | `tests/signing.rs` `warnings_do_not_stop_signing` |
//! | `pdf_missing_letters` | `tests/visible.rs` `letters_that_the_font_lacks_are_told` |
//! | `pdf_repaired` | `tests/signing.rs` `a_repaired_file_is_readable_without_repair` |
//! | `pdf_policy_without_reason` | `tests/levels.rs` `policies_name_themselves_and_drop_the_reason` |
//! | `pdf_policy_outside_icp_brasil` | `tests/levels.rs` `what_a_policy_asks_of_certificates` |
//! | `pdf_without_time_stamp` | `../../src/kinds/pdf_sign/tests_level.rs` `a_time_stamp_that_cannot_be_had` |
//! | `pdf_without_proof` | `../../src/kinds/pdf_sign/tests_level.rs` `proofs_that_cannot_be_had` |
//!
//! # Warnings of the tools
//!
//! | code | test |
//! |---|---|
//! | `pdf_protection_removed` | `tools/tests/bind.rs` `files_of_every_structure_become_one` |
//! | `pdf_signatures_removed` | `tools/tests/bind.rs` `a_signed_file_is_refused_or_becomes_a_picture` |
//! | `pdf_signatures_broken` | `tools/tests/stamp.rs` `signed_files_are_refused_or_broken_on_purpose` |
//! | `pdf_tags_removed` | `tools/tests/bind.rs` `what_a_merged_file_loses_is_told` |
//! | `pdf_pdfa_lost` | `tools/tests/bind.rs` `what_a_merged_file_loses_is_told` |
//! | `pdf_missing_letters` | `tests/visible.rs` `letters_that_the_font_lacks_are_told` |
//! | `pdf_xfa_removed` | `tools/tests/bind.rs` `what_a_merged_file_loses_is_told` |
//! | `pdf_scripts_not_run` | `tools/tests/fill.rs` `values_that_do_not_fit` |
//! | `pdf_text_cut` | `tools/tests/text.rs` `chosen_pages_and_limits` |
//! | `pdf_unknown_letters` | `tools/tests/text.rs` `letters_without_a_meaning_are_counted` |
//! | `pdf_opacity_ignored` | `tools/tests/stamp.rs` `an_archive_that_allows_no_transparency_says_so` |
//! | `pdf_repaired` | `tests/signing.rs` `a_repaired_file_is_readable_without_repair` |
//! | `pdf_unknown_fields` | `tools/tests/fill.rs` `values_that_do_not_fit` |
//!
//! # Findings of verifying
//!
//! | code | test |
//! |---|---|
//! | `pdf_signature_range` | `tests/verifying.rs` `ranges_with_other_holes_are_refused` |
//! | `pdf_signature_altered` | `tests/verifying.rs` `a_changed_letter_breaks_it` |
//! | `pdf_signature_forged` | `tests/findings.rs` `a_signature_of_another_key` |
//! | `pdf_signature_other_certificate` | `tests/findings.rs` `a_signature_with_a_certificate_put_in_its_place` |
//! | `pdf_signature_unreadable` | `tests/formats.rs` `the_kind_that_signs_a_digest` |
//! | `pdf_signature_no_certificate` | `tests/findings.rs` `a_signature_without_its_certificate` |
//! | `pdf_signature_unknown_kind` | `tests/verifying.rs` `an_unknown_kind_is_never_silently_ignored` |
//! | `pdf_signature_unknown_algorithm` | `tests/findings.rs` `an_algorithm_that_is_not_known` |
//! | `pdf_changed_after_signing` | `tests/verifying.rs` `content_after_it_makes_it_invalid` |
//! | `pdf_extended_after_signing` | `tests/verifying.rs` `a_second_signature_leaves_the_first_valid` |
//! | `pdf_certification_broken` | `tests/findings.rs` `a_box_over_what_was_certified` |
//! | `pdf_locked_field_changed` | `tests/findings.rs` `a_value_that_the_signature_locked` |
//! | `pdf_comments_added` | `tests/findings.rs` `a_comment_that_the_certification_allows` |
//! | `pdf_signature_partial` | `tests/findings.rs` `a_part_of_the_file` |
//! | `pdf_signature_outside_form` | `tests/verifying.rs` `a_signature_that_no_field_leads_to_is_reported` |
//! | `pdf_signer_untrusted` | `tests/verifying.rs` `trust_is_asked_for` |
//! | `pdf_trust_not_checked` | `tests/verifying.rs` `trust_is_asked_for` |
//! | `pdf_trust_ignored` | `tests/verifying.rs` `trust_is_asked_for` |
//! | `pdf_signer_expired` | `tests/verifying.rs` `time_matters` |
//! | `pdf_signer_not_yet_valid` | `tests/verifying.rs` `time_matters` |
//! | `pdf_signed_outside_validity` | `tests/verifying.rs` `time_matters` |
//! | `pdf_signer_key_usage` | `tests/findings.rs` `certificates_that_should_not_have_signed` |
//! | `pdf_weak_digest` | `tests/formats.rs` `the_kind_that_signs_a_digest` |
//! | `pdf_signature_hashes_differ` | `tests/weak.rs` `two_hashes_in_one_signature` |
//! | `pdf_signer_weak_key` | `tests/findings.rs` `certificates_that_should_not_have_signed` |
//! | `pdf_signer_weak_certificate` | `tests/findings.rs` `certificates_that_should_not_have_signed` |
//! | `pdf_too_many_signatures` | `tests/many.rs` `many_signatures_are_all_checked` |
//! | `pdf_too_many_revisions` | `tests/many.rs` `many_signatures_are_all_checked` |
//! | `pdf_repaired` | `tests/findings.rs` `a_seal_and_a_repaired_file` |
//! | `pdf_not_pades` | `tests/formats.rs` `the_older_kind_of_adobe` |
//! | `pdf_seal_certificate` | `tests/findings.rs` `a_seal_and_a_repaired_file` |
//! | `pdf_time_not_proven` | `tests/verifying.rs` `an_untouched_file_is_valid` |
//! | `pdf_signing_time_inside` | `tests/formats.rs` `the_older_kind_of_adobe` |
//! | `pdf_time_contradicted` | `tests/times.rs` `a_claim_after_the_proof_is_told` |
//! | `pdf_time_stamp_broken` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_time_stamps_belong_to_their_signature` |
//! | `pdf_time_stamp_untrusted` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_time_stamps_prove_the_time` |
//! | `pdf_time_stamp_weak` | `tests/weak.rs` `a_weak_time_stamp_proves_no_time` |
//! | `pdf_signer_revoked` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_the_time_of_revocation_counts` |
//! | `pdf_signer_revoked_unproven` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_the_time_of_revocation_counts` |
//! | `pdf_signer_revoked_later` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_the_time_of_revocation_counts` |
//! | `pdf_authority_revoked` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_the_time_of_revocation_counts` |
//! | `pdf_revocation_unknown` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_levels_for_the_long_term` |
//! | `pdf_revocation_not_checked` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_levels_for_the_long_term` |
//! | `pdf_policy_unknown` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_policies_are_told` |
//! | `pdf_policy_differs` | `tests/proof/mod.rs` `pyhanko_needs_cargo_xtask_setup_and_policies_are_told` |
//! | `pdf_policy_without_time_stamp` | `tests/baseline.rs` `a_policy_that_demands_a_time_stamp` |

use std::collections::BTreeSet;
use std::path::Path;

/// Where codes come from, and how tests name their variants.
const SOURCES: [(&str, &str); 7] = [
    ("error.rs", "Error"),
    ("error/level.rs", "LevelError"),
    ("error/token.rs", "TokenError"),
    ("tools/error.rs", "ToolError"),
    ("sign/warning.rs", "Warning"),
    ("tools/warning.rs", "ToolWarning"),
    ("verify/findings.rs", "Code"),
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `Self::Variant … => "pdf_code"`, also with the code on the next line.
fn codes(source: &str) -> Vec<(String, String)> {
    let parts = source.split("Self::").skip(1);
    let code = |part: &str| {
        let variant: String = part.chars().take_while(char::is_ascii_alphanumeric).collect();
        let after = part.split_once("=>")?.1.trim_start_matches(['(', ' ', '\n']);
        let code = after.strip_prefix('"')?.split_once('"')?.0;
        code.starts_with("pdf_").then(|| (code.to_owned(), variant))
    };
    parts.filter_map(code).collect()
}

/// The text of a test: from its name to the end of its block.
fn test(path: &str, name: &str) -> String {
    let source = read(path);
    let (before, after) = source.split_once(&format!("fn {name}()")).unwrap_or_else(|| panic!("{path} has no {name}"));
    assert!(before.trim_end().rsplit('\n').take(3).any(|line| line.contains("test]")), "{path} {name} is no test");
    let indent: String = before.rsplit('\n').next().unwrap().chars().take_while(|c| *c == ' ').collect();
    after.split(&format!("\n{indent}}}")).next().unwrap().to_owned()
}

#[test]
fn every_code_has_a_test_that_makes_it_happen() {
    let table = include_str!("cases.rs").lines().take_while(|line| line.starts_with("//!"));
    let rows: Vec<[&str; 3]> = table
        .filter_map(|line| {
            let parts: Vec<&str> = line.split('`').collect();
            let [_, code, _, path, _, name, _] = parts[..] else { return None };
            Some([code, path, name])
        })
        .collect();
    let mut known = BTreeSet::new();
    for (source, kind) in SOURCES {
        for (code, variant) in codes(&read(source)) {
            let mentions =
                |text: &str| text.contains(&format!("\"{code}\"")) || text.contains(&format!("{kind}::{variant}"));
            let mine: Vec<_> = rows.iter().filter(|[row, ..]| **row == code).collect();
            assert!(
                mine.iter().any(|[_, path, name]| mentions(&test(path, name))),
                "{kind}::{variant} ({code}): {mine:?}"
            );
            known.insert(code);
        }
    }
    assert!(known.len() > 120, "{}", known.len());
    let stale: Vec<_> = rows.iter().filter(|[code, ..]| !known.contains(*code)).collect();
    assert!(stale.is_empty(), "{stale:?}");
}
