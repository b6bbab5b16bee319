//! Where picture, text and QR code lie in a box.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the picture is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Arrangement {
    /// Beside the text, on its left
    #[default]
    Left,
    /// Above the text
    Above,
    /// Behind the text, filling the box
    Behind,
}

/// Left, bottom, width, height, in points from the box's bottom left.
type Rect = [f64; 4];

/// The places in a box.
#[derive(Debug, PartialEq)]
pub struct Boxes {
    pub picture: Option<Rect>,
    pub text: Rect,
    pub qr: Option<Rect>,
}

impl Boxes {
    /// Divides a box of `width` by `height`. `picture` is the picture's own size: its shape is kept.
    pub fn within(
        width: f64,
        height: f64,
        padding: f64,
        picture: Option<(f64, f64)>,
        arrangement: Arrangement,
        qr: bool,
        text: bool,
    ) -> Self {
        let padding = padding.min(width / 8.0).min(height / 8.0);
        let mut room = [padding, padding, width - 2.0 * padding, height - 2.0 * padding];
        let mut code = None;
        if qr {
            let alone = !text && picture.is_none();
            let side = room[3].min(if alone { room[2] } else { room[2] * 0.45 });
            let left = if alone { room[0] + (room[2] - side) / 2.0 } else { room[0] + room[2] - side };
            code = Some([left, room[1] + (room[3] - side) / 2.0, side, side]);
            if !alone {
                room[2] -= side + padding;
            }
        }
        let mut place = None;
        if let Some(own) = picture {
            let (share, rest) = match arrangement {
                _ if !text => (room, room),
                Arrangement::Behind => ([0.0, 0.0, width, height], room),
                Arrangement::Left => {
                    // As wide as its height asks for, at most two fifths.
                    let wide = (room[3] * own.0 / own.1).min(room[2] * 0.4);
                    let rest = [room[0] + wide + padding, room[1], room[2] - wide - padding, room[3]];
                    ([room[0], room[1], wide, room[3]], rest)
                }
                Arrangement::Above => {
                    let high = (room[2] * own.1 / own.0).min(room[3] * 0.5);
                    let rest = [room[0], room[1], room[2], room[3] - high - padding / 2.0];
                    ([room[0], room[1] + room[3] - high, room[2], high], rest)
                }
            };
            place = Some(fitted(share, own));
            room = rest;
        }
        Self { picture: place, text: room, qr: code }
    }
}

/// The largest place of the shape `own`, centred in `room`.
pub fn fitted(room: Rect, own: (f64, f64)) -> Rect {
    let scale = (room[2] / own.0).min(room[3] / own.1);
    let (width, height) = (own.0 * scale, own.1 * scale);
    [room[0] + (room[2] - width) / 2.0, room[1] + (room[3] - height) / 2.0, width, height]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(arrangement: Arrangement, qr: bool, text: bool, expected: (Option<Rect>, Rect, Option<Rect>)) {
        let boxes = Boxes::within(200.0, 60.0, 5.0, Some((100.0, 100.0)), arrangement, qr, text);
        assert_eq!((boxes.picture, boxes.text, boxes.qr), expected);
    }

    #[test]
    fn places() {
        check(Arrangement::Left, false, true, (Some([5.0, 5.0, 50.0, 50.0]), [60.0, 5.0, 135.0, 50.0], None));
        check(Arrangement::Above, false, true, (Some([87.5, 30.0, 25.0, 25.0]), [5.0, 5.0, 190.0, 22.5], None));
        check(Arrangement::Behind, false, true, (Some([70.0, 0.0, 60.0, 60.0]), [5.0, 5.0, 190.0, 50.0], None));
        // With a code on the right, and a picture alone.
        let code = Some([145.0, 5.0, 50.0, 50.0]);
        check(Arrangement::Left, true, true, (Some([5.0, 5.0, 50.0, 50.0]), [60.0, 5.0, 80.0, 50.0], code));
        check(Arrangement::Left, false, false, (Some([75.0, 5.0, 50.0, 50.0]), [5.0, 5.0, 190.0, 50.0], None));
    }

    #[test]
    fn a_code_alone_is_in_the_middle() {
        let boxes = Boxes::within(100.0, 40.0, 0.0, None, Arrangement::Left, true, false);
        assert_eq!(boxes.qr, Some([30.0, 0.0, 40.0, 40.0]));
    }
}
