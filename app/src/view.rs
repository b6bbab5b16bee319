//! Views of any type under one: what every component here gives.
//!
//! On the server it is Leptos' own. In the browser Leptos' keeps, for every view that it wraps, also the code of asynchronous
//! hydration, which an application that hydrates at once never runs: a fifth of the whole module. Ours leaves it out. Both
//! write and read the same HTML.

#[cfg(feature = "ssr")]
pub use leptos::prelude::{AnyView, IntoAny};

#[cfg(not(feature = "ssr"))]
pub use browser::{AnyView, IntoAny};

use std::sync::Arc;

use leptos::children::{ChildrenOptContainer, ToChildren};
use leptos::prelude::RenderHtml;

/// What stands between the tags of a component, drawn once. Leptos' own would forget its type in Leptos' way.
pub struct Children(Box<dyn FnOnce() -> AnyView + Send>);

impl Children {
    pub fn draw(self) -> AnyView {
        (self.0)()
    }
}

impl<F, C> ToChildren<F> for Children
where
    F: FnOnce() -> C + Send + 'static,
    C: RenderHtml + Send + 'static,
{
    fn to_children(draw: F) -> Self {
        Self(Box::new(move || draw().into_any()))
    }
}

impl<T: RenderHtml + Send + 'static> ToChildren<ChildrenOptContainer<T>> for Children {
    fn to_children(view: ChildrenOptContainer<T>) -> Self {
        Self(Box::new(move || view.0.into_any()))
    }
}

/// A view that may be drawn again and again; nothing unless given.
#[derive(Clone)]
pub struct ChildrenFn(Arc<dyn Fn() -> AnyView + Send + Sync>);

impl ChildrenFn {
    pub fn draw(&self) -> AnyView {
        (self.0)()
    }
}

impl Default for ChildrenFn {
    fn default() -> Self {
        Self(Arc::new(|| ().into_any()))
    }
}

impl<F, C> From<F> for ChildrenFn
where
    F: Fn() -> C + Send + Sync + 'static,
    C: RenderHtml + Send + 'static,
{
    fn from(draw: F) -> Self {
        Self(Arc::new(move || draw().into_any()))
    }
}

impl<F, C> ToChildren<F> for ChildrenFn
where
    F: Fn() -> C + Send + Sync + 'static,
    C: RenderHtml + Send + 'static,
{
    fn to_children(draw: F) -> Self {
        draw.into()
    }
}

impl<T: RenderHtml + Clone + Send + Sync + 'static> ToChildren<ChildrenOptContainer<T>> for ChildrenFn {
    fn to_children(view: ChildrenOptContainer<T>) -> Self {
        Self(Arc::new(move || view.0.clone().into_any()))
    }
}

#[cfg(not(feature = "ssr"))]
mod browser {
    use std::any::{Any, TypeId};

    use leptos::prelude::{AddAnyAttr, Mountable, Render, RenderHtml};
    use leptos::tachys::html::attribute::Attribute;
    use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
    use leptos::tachys::hydration::Cursor;
    use leptos::tachys::renderer::Rndr;
    use leptos::tachys::renderer::types::{Element, Node, Placeholder};
    use leptos::tachys::view::any_view::AnyViewWithAttrs;
    use leptos::tachys::view::{Position, PositionState};

    /// A view whose type is not known any more.
    pub struct AnyView(Box<dyn Erased>);

    /// Forgets the type of a view.
    pub trait IntoAny {
        fn into_any(self) -> AnyView;
    }

    impl<T: RenderHtml + Send> IntoAny for T {
        fn into_any(self) -> AnyView {
            AnyView(Box::new(self.into_owned()))
        }
    }

    trait Erased: Send {
        fn id(&self) -> TypeId;
        fn build(self: Box<Self>) -> State;
        fn rebuild(self: Box<Self>, state: &mut dyn Mounted);
        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> State;
    }

    impl<T: RenderHtml + Send + 'static> Erased for T {
        fn id(&self) -> TypeId {
            TypeId::of::<T>()
        }

        fn build(self: Box<Self>) -> State {
            let mounted = Box::new(Render::build(*self));
            State { id: TypeId::of::<T>(), mounted, placeholder: (!T::EXISTS).then(Rndr::create_placeholder) }
        }

        fn rebuild(self: Box<Self>, state: &mut dyn Mounted) {
            // Compared before the call: it is this type's.
            if let Some(state) = state.as_any().downcast_mut::<T::State>() {
                Render::rebuild(*self, state);
            }
        }

        fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> State {
            let mounted = Box::new(RenderHtml::hydrate::<true>(*self, cursor, position));
            let placeholder = (!T::EXISTS).then(|| cursor.next_placeholder(position));
            State { id: TypeId::of::<T>(), mounted, placeholder }
        }
    }

    trait Mounted: Mountable {
        fn as_any(&mut self) -> &mut dyn Any;
    }

    impl<T: Mountable + 'static> Mounted for T {
        fn as_any(&mut self) -> &mut dyn Any {
            self
        }
    }

    /// What stays of a view in the page.
    pub struct State {
        id: TypeId,
        mounted: Box<dyn Mounted>,
        /// Holds the place of a view without elements.
        placeholder: Option<Placeholder>,
    }

    impl Render for AnyView {
        type State = State;

        fn build(self) -> State {
            self.0.build()
        }

        fn rebuild(self, state: &mut State) {
            if self.0.id() == state.id {
                self.0.rebuild(&mut *state.mounted);
                return;
            }
            let mut new = self.0.build();
            match &mut state.placeholder {
                Some(placeholder) => {
                    placeholder.insert_before_this(&mut new);
                    placeholder.unmount();
                }
                None => {
                    state.insert_before_this(&mut new);
                }
            }
            state.unmount();
            *state = new;
        }
    }

    impl Mountable for State {
        fn unmount(&mut self) {
            self.mounted.unmount();
            if let Some(placeholder) = &mut self.placeholder {
                placeholder.unmount();
            }
        }

        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            self.mounted.mount(parent, marker);
            if let Some(placeholder) = &mut self.placeholder {
                placeholder.mount(parent, marker);
            }
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            self.mounted.insert_before_this(child)
                || self.placeholder.as_ref().is_some_and(|placeholder| placeholder.insert_before_this(child))
        }

        fn elements(&self) -> Vec<Element> {
            self.mounted.elements()
        }
    }

    impl AddAnyAttr for AnyView {
        type Output<New: Attribute> = AnyViewWithAttrs;

        fn add_any_attr<New: Attribute>(self, attr: New) -> AnyViewWithAttrs {
            leptos::tachys::view::any_view::IntoAny::into_any(self).add_any_attr(attr)
        }
    }

    impl RenderHtml for AnyView {
        type AsyncOutput = Self;
        type Owned = Self;
        const MIN_LENGTH: usize = 0;

        fn dry_resolve(&mut self) {}

        async fn resolve(self) -> Self {
            self
        }

        fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {
            unreachable!("HTML is made on the server, where this type is Leptos' own")
        }

        fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> State {
            self.0.hydrate(cursor, position)
        }

        async fn hydrate_async(self, cursor: &Cursor, position: &PositionState) -> State {
            self.0.hydrate(cursor, position)
        }

        fn into_owned(self) -> Self {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// The one of Leptos' prelude would compile as well, and cost a quarter of the module.
    #[test]
    fn every_file_uses_this_one() {
        let mut left = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut missing = Vec::new();
        while let Some(path) = left.pop() {
            if path.is_dir() {
                left.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.file_name().is_some_and(|name| name != "view.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                if (text.contains(".into_any()") || text.contains("AnyView")) && !text.contains("use crate::view::") {
                    missing.push(path);
                }
            }
        }
        assert_eq!(missing, Vec::<std::path::PathBuf>::new(), "add `use crate::view::{{AnyView, IntoAny}};`");
    }
}
