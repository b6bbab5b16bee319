//! The node kinds, one file each. To add one: its file, its line here, its test.

pub mod common;
pub mod conditions;
pub mod describe;
pub mod dotted;

mod aggregate;
mod code;
mod edit_fields;
mod filter;
pub mod http_request;
mod if_;
mod kubernetes_job;
mod manual;
mod merge;
mod no_operation;
mod pdf_fill;
mod pdf_finish_signature;
mod pdf_info;
mod pdf_merge;
mod pdf_sign;
mod pdf_split;
mod pdf_stamp;
mod pdf_text;
mod pdf_tools;
pub mod pdf_verify;
mod read_file;
pub mod respond;
pub mod schedule;
mod split_out;
mod stop_with_error;
mod switch;
mod wait;
pub mod webhook;
mod write_file;

use std::sync::Arc;

use crate::registry::NodeKind;

/// Every kind, in no particular order.
pub fn all() -> Vec<Arc<dyn NodeKind>> {
    vec![
        Arc::new(manual::Manual),
        Arc::new(webhook::Webhook),
        Arc::new(schedule::Schedule),
        Arc::new(if_::If),
        Arc::new(switch::Switch),
        Arc::new(filter::Filter),
        Arc::new(merge::Merge),
        Arc::new(wait::Wait),
        Arc::new(respond::Respond),
        Arc::new(stop_with_error::StopWithError),
        Arc::new(no_operation::NoOperation),
        Arc::new(edit_fields::EditFields),
        Arc::new(code::Code),
        Arc::new(split_out::SplitOut),
        Arc::new(aggregate::Aggregate),
        Arc::new(read_file::ReadFile),
        Arc::new(write_file::WriteFile),
        Arc::new(http_request::HttpRequest),
        Arc::new(kubernetes_job::KubernetesJob),
        Arc::new(pdf_sign::PdfSign),
        Arc::new(pdf_finish_signature::PdfFinishSignature),
        Arc::new(pdf_verify::PdfVerify),
        Arc::new(pdf_merge::PdfMerge),
        Arc::new(pdf_split::PdfSplit),
        Arc::new(pdf_text::PdfText),
        Arc::new(pdf_stamp::PdfStamp),
        Arc::new(pdf_fill::PdfFill),
        Arc::new(pdf_info::PdfInfo),
    ]
}
