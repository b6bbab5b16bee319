//! The API's description is part of what we promise: a change of it is a change of the snapshot.

#[test]
fn description_is_as_recorded() {
    insta::assert_json_snapshot!("openapi", server::http::routes::openapi());
}
