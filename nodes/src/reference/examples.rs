//! One example for each kind. The compliance suite runs them, so they are true.

use serde_json::{Value, json};

/// What a node does with some items.
pub struct Example {
    pub text: &'static str,
    /// What differs from the defaults.
    pub parameters: Value,
    /// Items by input port.
    pub inputs: Vec<Value>,
    /// Items by output port.
    pub outputs: Vec<(&'static str, Value)>,
}

fn example(
    text: &'static str,
    parameters: Value,
    inputs: impl IntoIterator<Item = Value>,
    outputs: impl IntoIterator<Item = (&'static str, Value)>,
) -> Option<Example> {
    let (inputs, outputs) = (inputs.into_iter().collect(), outputs.into_iter().collect());
    Some(Example { text, parameters, inputs, outputs })
}

/// The example of a kind.
pub fn of(kind: &str) -> Option<Example> {
    let orders = || json!([{"id": 1, "total": 80}, {"id": 2, "total": 1200}]);
    let condition = |left: &str, kind: &str, operation: &str, right: Value| json!({"combinator": "and", "conditions": [{"left": left, "type": kind, "operation": operation, "right": right}]});
    let large = || condition("={{ $json.total }}", "number", "gt", json!(1000));
    match kind {
        "manual" => example("A click gives one empty item.", json!({}), [], [("out", json!([{}]))]),
        "webhook" => example(
            "Started by hand it gives a call with nothing in it; a real call of `POST /webhook/orders/7?urgent=1` has `params.id` 7 and `query.urgent` 1.",
            json!({"path": "orders/:id"}),
            [],
            [("out", json!([{"method": "POST", "url": "", "headers": {}, "params": {}, "query": {}, "body": {}}]))],
        ),
        "schedule" => example(
            "Weekdays at seven in São Paulo. Started by hand it gives a tick that is due now.",
            json!({"mode": "cron", "cron": "0 7 * * MON-FRI", "timezone": "America/Sao_Paulo"}),
            [],
            [(
                "out",
                json!([{"tick": "2026-11-24T10:00:00Z", "local": "2026-11-24T07:00:00-03:00",
                "timezone": "America/Sao_Paulo", "date": "2026-11-24", "time": "07:00:00", "weekday": "tuesday"}]),
            )],
        ),
        "if" => example(
            "Large orders go one way, the others another.",
            json!({"conditions": large()}),
            [orders()],
            [("true", json!([{"id": 2, "total": 1200}])), ("false", json!([{"id": 1, "total": 80}]))],
        ),
        "switch" => example(
            "Orders by their size.",
            json!({"rules": [
                {"name": "large", "conditions": large()},
                {"name": "small", "conditions": condition("={{ $json.total }}", "number", "lt", json!(100))},
            ], "fallback": "extra"}),
            [json!([{"id": 1, "total": 80}, {"id": 2, "total": 1200}, {"id": 3, "total": 500}])],
            [
                ("large", json!([{"id": 2, "total": 1200}])),
                ("small", json!([{"id": 1, "total": 80}])),
                ("fallback", json!([{"id": 3, "total": 500}])),
            ],
        ),
        "filter" => example(
            "Only large orders pass.",
            json!({"conditions": large()}),
            [orders()],
            [("out", json!([{"id": 2, "total": 1200}]))],
        ),
        "merge" => example(
            "Orders get the name of their customer.",
            json!({"mode": "by_fields", "fields": [{"left": "customer", "right": "id"}], "join": "left", "clash": "first"}),
            [json!([{"id": 1, "customer": 9}, {"id": 2, "customer": 8}]), json!([{"id": 9, "name": "Ana"}])],
            [("out", json!([{"id": 1, "customer": 9, "name": "Ana"}, {"id": 2, "customer": 8}]))],
        ),
        "wait" => example(
            "Zero goes on at once; any other wait parks the run.",
            json!({"amount": 0}),
            [orders()],
            [("out", orders())],
        ),
        "respond" => example(
            "The caller gets 200 and the first item as JSON; the items go on.",
            json!({"with": "first_item"}),
            [orders()],
            [("out", orders())],
        ),
        "stop_with_error" => example(
            "The run fails with this message. Nothing goes on.",
            json!({"message": "The order is unknown.", "code": "order_unknown"}),
            [],
            [],
        ),
        "no_operation" => example("Items pass through.", json!({}), [orders()], [("out", orders())]),
        "edit_fields" => example(
            "Two fields are set, one is dropped.",
            json!({"assignments": [
                {"name": "customer.name", "type": "string", "value": "={{ $json.name }}"},
                {"name": "paid", "type": "boolean", "value": "true"},
            ], "include": "except", "fields": "name"}),
            [json!([{"id": 1, "name": "Ana"}])],
            [("out", json!([{"id": 1, "customer": {"name": "Ana"}, "paid": true}]))],
        ),
        "split_out" => example(
            "One item for each line of an order.",
            json!({"field": "lines", "include": "selected", "fields": "id"}),
            [json!([{"id": 1, "lines": [{"sku": "a"}, {"sku": "b"}]}])],
            [("out", json!([{"id": 1, "lines": {"sku": "a"}}, {"id": 1, "lines": {"sku": "b"}}]))],
        ),
        "aggregate" => example(
            "All orders in one item.",
            json!({"destination": "orders"}),
            [orders()],
            [("out", json!([{"orders": orders()}]))],
        ),
        _ => outside(kind),
    }
}

/// Kinds that need more than items; their examples show parameters.
fn outside(kind: &str) -> Option<Example> {
    match kind {
        "code" => example(
            "Totals per customer, as JavaScript.",
            json!({"source": "const totals = {};\nfor (const { json } of $input.all()) {\n  totals[json.customer] = (totals[json.customer] ?? 0) + json.total;\n}\nreturn Object.entries(totals).map(([customer, total]) => ({ customer, total }));"}),
            [],
            [],
        ),
        "read_file" => example("Every PDF of a folder, one item each.", json!({"path": "/inbox/*.pdf"}), [], []),
        "write_file" => example(
            "The file `data` of each item goes to a folder under its own name.",
            json!({"path": "=/signed/{{ $json.name }}", "existing": "replace"}),
            [],
            [],
        ),
        "http_request" => example(
            "All pages of a list, up to three tries each.",
            json!({"url": "https://api.example.com/orders", "authentication": "bearer",
                "pagination": {"mode": "next_url", "next_url": "$response.body.next"}, "retry": {"tries": 3}}),
            [],
            [],
        ),
        "kubernetes_job" => example(
            "A script in a container: it reads the items, and the last line that it writes is the result.",
            json!({"image": "docker.io/library/python:3.14-slim",
                "command": [{"value": "python"}, {"value": "-c"}],
                "arguments": [{"value": "import json, os\nitems = json.load(open(os.environ['FLUXO_INPUT']))\nprint('adding up', len(items), 'orders')\nprint(json.dumps({'total': sum(item['total'] for item in items)}))"}],
                "memory_limit": "256Mi", "timeout_s": 300}),
            [],
            [],
        ),
        "pdf_sign" => example(
            "The PDF in `data` is signed with the chosen certificate; the signed one takes its place.",
            json!({"reason": "Contract {{ $json.number }}", "visible": true, "page": "last", "corner": "bottom_right"}),
            [],
            [],
        ),
        "pdf_finish_signature" => example(
            "The prepared PDF in `data` gets the signature that a service in the cloud answered, and a time stamp.",
            json!({"signature": "={{ $json.rawSignature }}", "level": {"profile": "t", "url": "https://tsa.example.com"}}),
            [],
            [],
        ),
        "pdf_merge" => example(
            "The PDFs in `data` of all items become one, in their order.",
            json!({"file_name": "contract.pdf", "outline": true}),
            [],
            [],
        ),
        "pdf_split" => example(
            "The cover goes one way, the rest another: two items.",
            json!({"mode": "ranges", "pages": "1, 2-"}),
            [],
            [],
        ),
        "pdf_text" => example(
            "The item gets `pdf.text`, the words of an invoice's first page with its columns in place.",
            json!({"pages": "1", "layout": "position"}),
            [],
            [],
        ),
        "pdf_fill" => example(
            "Two fields of a form are filled in, then the form becomes part of the pages.",
            json!({"fields": [{"name": "Customer.Name", "value": "={{ $json.name }}"}, {"name": "Agreed", "value": true}],
                "flatten": true}),
            [],
            [],
        ),
        "pdf_stamp" => example(
            "“Copy 7” across every page, as a watermark.",
            json!({"text": "=Copy {{ $json.number }}", "size": 0, "place": "middle", "width": 180, "height": 60,
                "rotate": 45, "opacity": 15}),
            [],
            [],
        ),
        "pdf_info" => example(
            "The item gets `pdf.pages`, `pdf.fields`, `pdf.signatures` and more of the PDF in `data`.",
            json!({}),
            [],
            [],
        ),
        "pdf_verify" => example(
            "The item gets `signatures`, a report on the PDF in `data`.",
            json!({"file": "data", "property": "signatures"}),
            [],
            [],
        ),
        _ => None,
    }
}
