//! Picture and QR code of a visible signature.

use flow::Item;

use super::super::common::file;
use super::super::describe::choice;
use super::Parameters;
use crate::NodeError;
use crate::context::Context;

choice! {
    /// Where the picture is.
    pub enum Arrangement {
        #[default]
        Left = "left", "Left of the text", "À esquerda do texto";
        Above = "above", "Above the text", "Acima do texto";
        Behind = "behind", "Behind the text", "Atrás do texto";
    }
}

impl From<Arrangement> for pdf::Arrangement {
    fn from(arrangement: Arrangement) -> Self {
        match arrangement {
            Arrangement::Left => Self::Left,
            Arrangement::Above => Self::Above,
            Arrangement::Behind => Self::Behind,
        }
    }
}

/// Bytes that a picture may have.
pub const MAX_PICTURE: u64 = 16 << 20;

/// Reads a picture among the item's files; none when the name is blank.
pub async fn picture(context: &Context, item: &Item, property: &str) -> Result<Option<Vec<u8>>, NodeError> {
    if property.trim().is_empty() {
        return Ok(None);
    }
    let blob = file(item, property)?;
    if blob.size > MAX_PICTURE {
        let text = format!(
            "The picture in “{}” is larger than {} MB. Make it smaller first.",
            property.trim(),
            MAX_PICTURE >> 20
        );
        return Err(NodeError::new("file_too_large", text));
    }
    Ok(Some(context.blobs.read(blob, MAX_PICTURE).await?.to_vec()))
}

/// Puts picture and code into what is visible.
pub(super) async fn complete(
    context: &Context,
    item: &Item,
    p: &Parameters,
    options: &mut pdf::SignOptions,
) -> Result<(), NodeError> {
    if let Some(visible) = &mut options.visible {
        visible.picture = picture(context, item, &p.image).await?;
        visible.arrangement = p.arrangement.into();
        visible.qr = p.qr.trim().to_owned();
    }
    Ok(())
}
