//! Any bytes as a PDF for the tools: reading, filling, stamping, merging and splitting. A file that does not pass the check
//! of what was made is a fault here.
#![no_main]

mod common;

use libfuzzer_sys::fuzz_target;
use pdf::tools::{
    FillOptions, Mark, MergeOptions, MergeSource, OnSigned, Order, SignedPages, Split, SplitOptions, Splitter, StampOptions,
    StampPlace, TextOptions, Value, fill, merge, stamp, text,
};
use pdf::{Corner, Error, Place};

const PLAIN: &[u8] = include_bytes!("../seeds/document/plain-table");

fuzz_target!(|data: &[u8]| {
    let limits = common::limits();
    let Ok(info) = pdf::info(data, None, &limits) else { return };
    let order = if data.len() % 2 == 0 { Order::default() } else { Order::Position };
    let _ = text(data, &TextOptions { order, letters: 20_000, work: 4 << 20, limits, ..TextOptions::default() });
    let value = |at: usize| match at % 3 {
        0 => Value::Text("Ação 1".into()),
        1 => Value::YesOrNo(true),
        _ => Value::Several(vec!["a".into()]),
    };
    for flatten in [false, true] {
        for (at, field) in info.fields.iter().take(6).enumerate() {
            let values = [(field.name.clone(), value(at))].into();
            made(fill(data, &FillOptions { values, flatten, signed: OnSigned::Break, limits, ..FillOptions::default() }));
        }
    }
    let place = Place::Corner { corner: Corner::TopLeft, width: 20.0, height: 10.0 };
    let mark = match data.len() % 2 {
        0 => Mark::Text { text: "{page}/{pages}".into(), size: 0.0, colour: [0.0; 3] },
        _ => Mark::Qr("x".into()),
    };
    let behind = data.len() % 3 == 0;
    made(stamp(data, &StampOptions { behind, signed: OnSigned::Break, limits, ..StampOptions::new(mark, StampPlace::At(place)) }));
    let sources = [data, PLAIN, data].map(|bytes| MergeSource { bytes, ..MergeSource::default() });
    let options = MergeOptions { signed: SignedPages::Drop, bytes: 16 << 20, limits, ..MergeOptions::default() };
    made(merge(&sources, &options));
    let options =
        SplitOptions { split: Split::Every(1), password: None, signed: SignedPages::Drop, limits };
    if let Ok(splitter) = Splitter::new(data, &options) {
        for part in 0..splitter.parts().len().min(3) {
            made(splitter.part(part));
        }
    }
});

fn made<T>(result: Result<T, Error>) {
    if let Err(Error::CheckFailed { check }) = result {
        assert_eq!(check, "reading it back", "the check failed");
    }
}
