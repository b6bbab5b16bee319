//! What each kind does with some items.

use bytes::Bytes;
use nodes::testing::{Bench, fields, lock, outcome};
use nodes::{Answer, AnswerBody, Outcome, Output};
use serde_json::{Value, json};

async fn run(kind: &str, parameters: Value, items: Value) -> Result<Output, String> {
    let result = Bench::new(kind).parameters(parameters).items(items).run().await;
    result.map(|o| outcome(Ok(o))).map_err(|e| e.code)
}

/// One output port.
async fn check(kind: &str, parameters: Value, items: Value, expected: Result<Value, &str>) {
    let got = run(kind, parameters.clone(), items).await.map(|o| fields(&o, "out"));
    assert_eq!(got, expected.map_err(str::to_owned), "{kind} {parameters}");
}

/// Several output ports.
async fn check_ports(kind: &str, parameters: Value, items: Value, expected: &[(&str, Value)]) {
    let output = run(kind, parameters.clone(), items).await.unwrap();
    let sent: Vec<&str> = output.ports.iter().filter(|(_, b)| !b.is_empty()).map(|(name, _)| name.as_str()).collect();
    for (port, items) in expected {
        assert_eq!(fields(&output, port), *items, "{kind} {parameters} {port}");
    }
    let silent = sent.into_iter().find(|port| expected.iter().all(|(p, _)| p != port));
    assert_eq!(silent, None, "{kind} {parameters}: a port that should be silent");
}

fn large() -> Value {
    json!({"conditions": [{"left": "={{ $json.n }}", "type": "number", "operation": "gt", "right": 10}]})
}

#[tokio::test]
async fn if_and_filter() {
    let items = || json!([{"n": 5}, {"n": 50}, {"n": null}]);
    let (yes, no) = (json!([{"n": 50}]), json!([{"n": 5}, {"n": null}]));
    check_ports("if", json!({"conditions": large()}), items(), &[("true", yes.clone()), ("false", no.clone())]).await;
    check("filter", json!({"conditions": large()}), items(), Ok(yes.clone())).await;
    check_ports("filter", json!({"conditions": large(), "output_rest": true}), items(), &[("out", yes), ("rest", no)])
        .await;
    check("filter", json!({"conditions": large()}), json!([{"n": "many"}]), Err("wrong_type")).await;
}

#[tokio::test]
async fn switch() {
    let equal = |to: &str| json!({"conditions": [{"left": "={{ $json.k }}", "type": "string", "operation": "equals", "right": to}]});
    let rules =
        json!([{"name": "a", "conditions": equal("a")}, {"name": "", "conditions": equal("b")}, {"name": "any"}]);
    let items = || json!([{"k": "a"}, {"k": "b"}, {"k": "c"}]);
    let (a, b, c) = (json!({"k": "a"}), json!({"k": "b"}), json!({"k": "c"}));
    check_ports(
        "switch",
        json!({"rules": rules}),
        items(),
        &[("a", json!([a])), ("2", json!([b])), ("any", json!([c]))],
    )
    .await;
    let all = json!({"rules": rules, "all_matching": true});
    check_ports("switch", all, items(), &[("a", json!([a])), ("2", json!([b])), ("any", json!([a, b, c]))]).await;
    let two = json!([{"name": "a", "conditions": equal("a")}, {"name": "b", "conditions": equal("b")}]);
    check_ports("switch", json!({"rules": two}), items(), &[("a", json!([a])), ("b", json!([b]))]).await;
    let extra = json!({"rules": two, "fallback": "extra"});
    check_ports("switch", extra, items(), &[("a", json!([a])), ("b", json!([b])), ("fallback", json!([c]))]).await;
    assert_eq!(run("switch", json!({"rules": two, "fallback": "error"}), items()).await.unwrap_err(), "no_output");
    let by_name = json!({"rules": two, "mode": "expression", "output": "={{ $json.k }}"});
    check_ports("switch", by_name, items(), &[("a", json!([a])), ("b", json!([b]))]).await;
    let by_index = json!({"rules": two, "mode": "expression", "output": "={{ $json.i }}"});
    let indexed = json!([{"i": 1}, {"i": "0"}, {"i": 2}, {"i": -1}, {"i": 0.5}]);
    check_ports("switch", by_index, indexed, &[("a", json!([{"i": "0"}])), ("b", json!([{"i": 1}]))]).await;
}

/// The names by which Switch sends are the names that the editor draws.
#[tokio::test]
async fn switch_sends_where_its_ports_are() {
    let rules = json!([{"name": " first "}, {"name": ""}, {"name": "first"}]);
    let parameters = json!({"rules": rules, "mode": "expression", "output": "={{ $json.i }}"});
    let bench = Bench::new("switch").parameters(parameters).items(json!([{"i": 0}, {"i": 1}, {"i": 2}]));
    let description = nodes::Registry::standard().get("switch").unwrap().description.clone();
    let drawn: Vec<String> = description.output_ports(&bench.node).into_iter().map(|p| p.name).collect();
    let output = outcome(bench.run().await);
    let sent: Vec<&str> = output.ports.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((drawn, sent), (vec!["first".to_owned(), "2".to_owned()], vec!["first", "2"]));
}

#[tokio::test]
async fn edit_fields() {
    let check = async |parameters: Value, expected: Result<Value, &str>| {
        let items = json!([{"a": 1, "b": {"c": 2, "d": 3}}]);
        check("edit_fields", parameters, items, expected.map(|v| json!([v]))).await;
    };
    let set = |name: &str, kind: &str, value: Value| json!([{"name": name, "type": kind, "value": value}]);
    let all = |extra: Value| {
        let mut all = json!({"a": 1, "b": {"c": 2, "d": 3}});
        all.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        all
    };
    check(json!({}), Ok(all(json!({})))).await;
    check(json!({"assignments": set("x", "auto", json!("={{ $json.b.c }}"))}), Ok(all(json!({"x": 2})))).await;
    check(
        json!({"assignments": set("b.c", "string", json!("={{ $json.a }}"))}),
        Ok(json!({"a": 1, "b": {"c": "1", "d": 3}})),
    )
    .await;
    check(json!({"assignments": set("b.c", "auto", json!(9)), "dot_notation": false}), Ok(all(json!({"b.c": 9}))))
        .await;
    let none = |kind: &str, value: Value| json!({"include": "none", "assignments": set("x", kind, value)});
    check(none("number", json!(" 2.50 ")), Ok(json!({"x": 2.50}))).await;
    check(none("number", json!(true)), Ok(json!({"x": 1}))).await;
    check(none("number", json!("two")), Err("conversion")).await;
    check(none("boolean", json!("No")), Ok(json!({"x": false}))).await;
    check(none("boolean", json!("maybe")), Err("conversion")).await;
    check(none("string", json!({"y": 1})), Ok(json!({"x": "{\"y\":1}"}))).await;
    check(none("string", json!(null)), Ok(json!({"x": ""}))).await;
    check(none("array", json!("[1]")), Ok(json!({"x": [1]}))).await;
    check(none("array", json!("1")), Err("conversion")).await;
    check(none("object", json!("{\"y\":1}")), Ok(json!({"x": {"y": 1}}))).await;
    check(none("object", json!(null)), Ok(json!({"x": null}))).await;
    let mut ignoring = none("number", json!("two"));
    ignoring["ignore_conversion_errors"] = json!(true);
    check(ignoring, Ok(json!({"x": null}))).await;
    check(json!({"include": "selected", "fields": "a, b.d, missing"}), Ok(json!({"a": 1, "b": {"d": 3}}))).await;
    check(json!({"include": "except", "fields": "a,b.d"}), Ok(json!({"b": {"c": 2}}))).await;
    check(json!({"mode": "json", "json": "{\"x\": 1}"}), Ok(all(json!({"x": 1})))).await;
    check(json!({"mode": "json", "json": {"a": 2}, "include": "none"}), Ok(json!({"a": 2}))).await;
    check(json!({"mode": "json", "json": "[1]"}), Err("json_no_object")).await;
    check(json!({"mode": "json", "json": "{"}), Err("json_invalid")).await;
}

#[tokio::test]
async fn edit_fields_keeps_files_or_not() {
    for keep in [true, false] {
        let bench = Bench::new("edit_fields").parameters(json!({"keep_files": keep})).items(json!([{}]));
        let output = outcome(bench.file(0, "data", "a.txt", "text/plain", "x").run().await);
        assert_eq!(output.ports[0].1.items[0].binary.contains_key("data"), keep);
    }
}

#[tokio::test]
async fn split_out() {
    let check = async |parameters: Value, expected: Result<Value, &str>| {
        let items = json!([{"id": 1, "l": [{"x": 1}, 2], "m": ["a"], "o": {"p": 5, "q": [6]}, "n": null, "s": "one"}]);
        check("split_out", parameters, items, expected).await;
    };
    check(json!({"field": "l"}), Ok(json!([{"x": 1}, {"l": 2}]))).await;
    check(json!({"field": "l", "destination": "line"}), Ok(json!([{"line": {"x": 1}}, {"line": 2}]))).await;
    check(json!({"field": "l, m"}), Ok(json!([{"l": {"x": 1}, "m": "a"}, {"l": 2}]))).await;
    check(
        json!({"field": "l", "include": "selected", "fields": "id"}),
        Ok(json!([{"id": 1, "l": {"x": 1}}, {"id": 1, "l": 2}])),
    )
    .await;
    check(json!({"field": "o.q", "include": "selected", "fields": "id"}), Ok(json!([{"id": 1, "o": {"q": 6}}]))).await;
    check(json!({"field": "o"}), Ok(json!([{"o": 5}, {"o": [6]}]))).await;
    check(json!({"field": "n"}), Ok(json!([]))).await;
    check(json!({"field": "s"}), Ok(json!([{"s": "one"}]))).await;
    check(json!({"field": "missing"}), Err("field_missing")).await;
    check(json!({"field": ""}), Err("parameter_missing")).await;
    let items = json!([{"l": [1, 2], "id": 1}, {"l": [], "id": 2}]);
    let all = run("split_out", json!({"field": "l", "include": "all"}), items).await.unwrap();
    assert_eq!(fields(&all, "out"), json!([{"id": 1, "l": 1}, {"id": 1, "l": 2}]));
}

#[tokio::test]
async fn aggregate() {
    let check = async |parameters: Value, expected: Value| {
        let items = json!([{"a": 1, "t": ["x"]}, {"a": null, "t": ["y", "z"]}, {"t": "w"}]);
        check("aggregate", parameters, items, Ok(json!([expected]))).await;
    };
    let whole = json!([{"a": 1, "t": ["x"]}, {"a": null, "t": ["y", "z"]}, {"t": "w"}]);
    check(json!({}), json!({"data": whole})).await;
    check(
        json!({"include": "selected", "selected": "a", "destination": "x.y"}),
        json!({"x": {"y": [{"a": 1}, {"a": null}, {}]}}),
    )
    .await;
    check(json!({"include": "except", "selected": "t"}), json!({"data": [{"a": 1}, {"a": null}, {}]})).await;
    let gather = |field: &str, name: &str| json!([{"field": field, "rename_to": name}]);
    check(json!({"mode": "fields", "fields": gather("a", "")}), json!({"a": [1]})).await;
    check(
        json!({"mode": "fields", "fields": gather("a", "all"), "keep_missing": true}),
        json!({"all": [1, null, null]}),
    )
    .await;
    check(json!({"mode": "fields", "fields": gather("t", "")}), json!({"t": [["x"], ["y", "z"], "w"]})).await;
    check(
        json!({"mode": "fields", "fields": gather("t", ""), "merge_lists": true}),
        json!({"t": ["x", "y", "z", "w"]}),
    )
    .await;
}

#[tokio::test]
async fn aggregate_gathers_files() {
    let bench = Bench::new("aggregate").parameters(json!({"keep_files": true})).items(json!([{}, {}, {}]));
    let bench = bench.file(0, "data", "a", "text/plain", "a").file(1, "data", "b", "text/plain", "b").file(
        2,
        "data",
        "c",
        "text/plain",
        "c",
    );
    let output = outcome(bench.run().await);
    let item = &output.ports[0].1.items[0];
    let files: Vec<(&str, &str)> = item.binary.iter().map(|(n, b)| (n.as_str(), b.file_name.as_str())).collect();
    assert_eq!(files, [("data", "a"), ("data_2", "b"), ("data_3", "c")]);
    assert_eq!(output.ports[0].1.origins(0).len(), 3);
}

#[tokio::test]
async fn code() {
    let parameters = json!({"source": "return 1", "mode": "each_item", "timeout_s": 1, "memory_mib": 16});
    check("code", parameters, json!([{}]), Ok(json!([{"source": "return 1", "each_item": true}]))).await;
    check("code", json!({"source": "throw 1"}), json!([{}]), Err("code_threw")).await;
    let bench = Bench::new("code").parameters(json!({"source": "throw 1", "mode": "each_item"})).items(json!([{}, {}]));
    assert_eq!(outcome(bench.keep_going().run().await).failed[0].item, 0);
}

#[tokio::test]
async fn wait() {
    let until = async |parameters: Value| match Bench::new("wait")
        .parameters(parameters)
        .items(json!([{"a": 1}]))
        .run()
        .await
    {
        Ok(Outcome::Wait(wait)) => Ok((wait.until.to_string(), fields(&wait.then, "out"))),
        Ok(Outcome::Done(output)) => Ok(("done".to_owned(), fields(&output, "out"))),
        Err(e) => Err(e.code),
    };
    let items = json!([{"a": 1}]);
    let at = |time: &str| Ok((time.to_owned(), items.clone()));
    assert_eq!(until(json!({})).await, at("2026-11-24T10:00:05Z"));
    assert_eq!(until(json!({"amount": "1.5", "unit": "minutes"})).await, at("2026-11-24T10:01:30Z"));
    assert_eq!(until(json!({"amount": 2, "unit": "hours"})).await, at("2026-11-24T12:00:00Z"));
    assert_eq!(until(json!({"amount": 2, "unit": "days"})).await, at("2026-11-26T10:00:00Z"));
    assert_eq!(until(json!({"amount": 0})).await, at("done"));
    assert_eq!(until(json!({"amount": -1})).await, Err("wait_range".to_owned()));
    assert_eq!(until(json!({"amount": 1e300})).await, Err("wait_range".to_owned()));
}

async fn answer(parameters: Value) -> Result<Answer, String> {
    let bench = Bench::new("respond").parameters(parameters).items(json!([{"a": 1}, {"a": 2}]));
    let result = bench.file(0, "data", "ação \"1\".pdf", "application/pdf", "%PDF").run().await;
    let output = result.map(|o| outcome(Ok(o))).map_err(|e| e.code)?;
    assert_eq!(output.ports[0].1.len(), 2, "the items go on");
    Ok(output.answer.unwrap())
}

#[tokio::test]
async fn respond() {
    let check = async |parameters: Value, status: u16, headers: &[(&str, &str)], body: AnswerBody| {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        assert_eq!(answer(parameters.clone()).await, Ok(Answer { status, headers, body }), "{parameters}");
    };
    check(json!({"with": "first_item"}), 200, &[], AnswerBody::Json(json!({"a": 1}))).await;
    check(json!({"with": "all_items"}), 200, &[], AnswerBody::Json(json!([{"a": 1}, {"a": 2}]))).await;
    check(json!({"with": "json", "json": "[true]", "status": 201}), 201, &[], AnswerBody::Json(json!([true]))).await;
    let text = [("content-type", "text/plain; charset=utf-8")];
    check(json!({"with": "text", "text": "olá"}), 200, &text, AnswerBody::Text("olá".into())).await;
    let html = json!({"with": "text", "text": "<p>", "headers": [{"name": "Content-Type", "value": "text/html"}, {"name": "X-A", "value": "1"}]});
    check(html, 200, &[("content-type", "text/html"), ("x-a", "1")], AnswerBody::Text("<p>".into())).await;
    check(json!({"with": "nothing"}), 204, &[], AnswerBody::Empty).await;
    let to = json!({"with": "redirect", "redirect_to": "https://example.com/x"});
    check(to, 302, &[("location", "https://example.com/x")], AnswerBody::Empty).await;
    let file = answer(json!({"with": "file"})).await.unwrap();
    assert_eq!(answer(json!({})).await.as_ref(), Ok(&file), "the file if there is one");
    let disposition = "attachment; filename=\"a__o _1_.pdf\"; filename*=UTF-8''a%C3%A7%C3%A3o%20%221%22.pdf";
    assert_eq!(file.headers[0].1, "application/pdf");
    assert_eq!(file.headers[1].1, disposition);
    assert!(matches!(file.body, AnswerBody::Blob(blob) if blob.size == 4));
}

#[tokio::test]
async fn what_cannot_be_an_answer() {
    let check = async |parameters: Value, code: &str| assert_eq!(answer(parameters).await, Err(code.to_owned()));
    check(json!({"with": "json", "json": "{"}), "json_invalid").await;
    check(json!({"with": "file", "file": "other"}), "file_missing").await;
    check(json!({"with": "redirect", "redirect_to": "javascript:alert(1)"}), "redirect_target").await;
    check(json!({"with": "redirect", "redirect_to": "/a\r\nset-cookie: x"}), "redirect_target").await;
    check(json!({"status": 101}), "status_range").await;
    check(json!({"headers": [{"name": "a b", "value": ""}]}), "header_invalid").await;
    check(json!({"headers": [{"name": "a", "value": "x\r\ny"}]}), "header_invalid").await;
    for name in
        ["Content-Length", "Set-Cookie", "Content-Security-Policy", "clear-site-data", "Strict-Transport-Security"]
    {
        check(json!({"headers": [{"name": name, "value": "5"}]}), "header_refused").await;
    }
}

#[tokio::test]
async fn stop_with_error() {
    let stop = async |parameters: Value| {
        Bench::new("stop_with_error").parameters(parameters).items(json!([{"m": "No stock."}])).run().await.unwrap_err()
    };
    let error = stop(json!({"message": "={{ $json.m }}", "code": "no_stock", "details": "{\"left\": 0}"})).await;
    assert_eq!((error.code.as_str(), error.message.as_str(), error.item), ("no_stock", "No stock.", Some(0)));
    assert_eq!(error.details, json!({"left": 0}));
    let error = stop(json!({"message": " ", "code": ""})).await;
    assert_eq!((error.code.as_str(), error.message.as_str()), ("stopped", "The flow stopped on purpose."));
}

fn on_disk(kind: &str, parameters: Value) -> Bench {
    let bench = Bench::new(kind).parameters(parameters).items(json!([{"k": 1}]));
    for (path, content) in
        [("/in/a.pdf", "%PDF"), ("/in/b.pdf", "%PDF2"), ("/in/c.tar.gz", "x"), ("/in/sub/d.pdf", "x")]
    {
        lock(&bench.world.files).insert(path.into(), Bytes::from_static(content.as_bytes()));
    }
    bench
}

#[tokio::test]
async fn read_file() {
    let check = async |parameters: Value, expected: Result<&[&str], &str>| {
        let result = on_disk("read_file", parameters.clone()).run().await.map(|o| outcome(Ok(o)));
        let names = result.map_err(|e| e.code).map(|output| {
            let items = output.ports[0].1.items.iter();
            items.map(|i| i.binary["data"].file_name.clone()).collect::<Vec<_>>()
        });
        let expected = expected.map(|names| names.iter().map(|n| (*n).to_owned()).collect()).map_err(str::to_owned);
        assert_eq!(names, expected, "{parameters}");
    };
    check(json!({"path": "/in/*.pdf"}), Ok(&["a.pdf", "b.pdf"])).await;
    check(json!({"path": " /in/a.pdf "}), Ok(&["a.pdf"])).await;
    check(json!({"path": "/in/*.txt"}), Ok(&[])).await;
    check(json!({"path": "/in/*.txt", "none_found": "error"}), Err("file_not_found")).await;
    check(json!({"path": "/in/a.txt"}), Err("file_not_found")).await;
    check(json!({"path": "/in/*.pdf", "max_files": 1}), Err("too_many_files")).await;
    check(json!({"path": " "}), Err("parameter_missing")).await;
    let output = outcome(on_disk("read_file", json!({"path": "/in/c.tar.gz"})).run().await);
    let expected = json!([{"path": "/in/c.tar.gz", "name": "c.tar.gz", "stem": "c.tar", "extension": "gz", "folder": "/in",
        "size": 1, "modified": "1970-01-01T00:00:00Z"}]);
    assert_eq!(fields(&output, "out"), expected);
}

#[tokio::test]
async fn write_file() {
    let check = async |parameters: Value, path: &str, expected: Result<&str, &str>| {
        let bench = on_disk("write_file", parameters.clone()).file(0, "data", "n.txt", "text/plain", "new");
        let (result, world) = bench.run_in().await;
        let written = result.map_err(|e| e.code).map(|o| {
            assert_eq!(fields(&outcome(Ok(o)), "out")[0]["path"], path);
            String::from_utf8(lock(&world.files)[path].to_vec()).unwrap()
        });
        assert_eq!(written, expected.map(str::to_owned).map_err(str::to_owned), "{parameters}");
    };
    check(json!({"path": "/out/n.txt"}), "/out/n.txt", Ok("new")).await;
    check(json!({"path": "/in/a.pdf"}), "", Err("file_exists")).await;
    check(json!({"path": "/in/a.pdf", "existing": "replace"}), "/in/a.pdf", Ok("new")).await;
    check(json!({"path": "/in/a.pdf", "existing": "append"}), "/in/a.pdf", Ok("%PDFnew")).await;
    check(json!({"path": "/out/t", "action": "text", "text": "olá"}), "/out/t", Ok("olá")).await;
    check(json!({"path": "/out/b.pdf", "action": "move", "from": "/in/b.pdf"}), "/out/b.pdf", Ok("%PDF2")).await;
    check(json!({"path": "/out/b.pdf", "action": "move"}), "", Err("parameter_missing")).await;
    check(json!({"path": ""}), "", Err("parameter_missing")).await;
    check(json!({"path": "/out/x", "file": "other"}), "", Err("file_missing")).await;
}

/// What kinds say of drawn nodes, beside the checks of `flow::check`.
#[test]
fn drawn_nodes_are_checked() {
    let registry = nodes::Registry::standard();
    let check = |kind: &str, parameters: Value, expected: &[(&str, &str)]| {
        let bench = Bench::new(kind).parameters(parameters.clone());
        let found: Vec<(String, String)> = registry
            .get(kind)
            .unwrap()
            .kind
            .check(&bench.node)
            .into_iter()
            .map(|f| (f.code, f.pointer.unwrap_or_default()))
            .collect();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(c, p)| ((*c).to_owned(), (*p).to_owned())).collect();
        assert_eq!(found, expected, "{kind} {parameters}");
    };
    check("http_request", json!({}), &[("parameter_missing", "/url")]);
    check("http_request", json!({"url": "ftp://x"}), &[("url_invalid", "/url")]);
    let pages = json!({"url": "http://a", "pagination": {"mode": "next_url"}});
    check("http_request", pages, &[("parameter_missing", "/pagination/next_url")]);
    check("schedule", json!({"mode": "cron", "cron": "every day"}), &[("schedule_invalid", "/cron")]);
    check("merge", json!({"mode": "by_fields"}), &[("parameter_missing", "/fields")]);
    check("switch", json!({"rules": []}), &[("no_output", "/rules")]);
    check("edit_fields", json!({"mode": "json", "json": "{"}), &[("json_invalid", "/json")]);
    check("edit_fields", json!({"mode": "json", "json": "={ \"a\": {{ $json.a }} }"}), &[]);
    check("code", json!({"source": " "}), &[("parameter_missing", "/source")]);
    check("respond", json!({"with": "redirect"}), &[("parameter_missing", "/redirect_to")]);
    let headers = json!([{"name": "X-A", "value": "1"}, {"name": "Set-Cookie", "value": "a=b"}]);
    check("respond", json!({"headers": headers}), &[("header_refused", "/headers/1/name")]);
    check("read_file", json!({}), &[("parameter_missing", "/path")]);
    check("write_file", json!({"action": "move"}), &[("parameter_missing", "/path"), ("parameter_missing", "/from")]);
    check("split_out", json!({}), &[("parameter_missing", "/field")]);
    for kind in ["manual", "webhook", "schedule", "if", "switch", "filter", "merge", "wait", "respond", "aggregate"] {
        check(kind, json!({}), &[]);
    }
}
