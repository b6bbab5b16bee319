use super::*;

#[test]
fn data() {
    check("$json.name + '!'", json!("Ana!"));
    check("$json.price * $json.count", json!(58.5));
    check("$json", Value::Object(order().json));
    check("({...$json}).name", json!("Ana"));
    check("$binary.data.fileName + $binary.data.fileSize", json!("b1.pdf12"));
    check("$input.item.json.name + $input.first().json.name + $input.last().json.name", json!("AnaAnaBo"));
    check("$input.all().length", json!(2));
    check("$input.all().map(i => i.json.price).sum()", json!(24.5));
    check("$input.all()[1]", json!({ "json": { "name": "Bo", "price": 5 } }));
    check("$itemIndex + $runIndex", json!(2));
    check("$input.params.note", json!("={{ 1 }}"));
}

#[test]
fn other_nodes() {
    check("$('Start').item.json.name + '!'", json!("Ana!"));
    check("$('Start').first().json.price + $('Start').last().json.price", json!(24.5));
    check("$('Start').all().map(i => i.json.name).join()", json!("Ana,Bo"));
    check("$('Start').all(0)[1].json.name", json!("Bo"));
    check("$('Start').all('other').length", json!(0));
    check("$('Start').first('other')?.json.name", json!(null));
    check("$('Start').first(0, 0).json.name", json!("Ana"));
    check("$('Start').itemMatching(1).json.name", json!("Bo"));
    check("$('Start').isExecuted && !$('Never').isExecuted", json!(true));
    check("$('Here').params.note", json!("={{ 1 }}"));
    check("$node['Start'].json.name + $node.Start.json.name", json!("AnaAna"));
    check("$items('Start').length + $items().length", json!(4));
    check("$('Start').item.binary.data.mimeType", json!("application/pdf"));
}

#[test]
fn names_of_the_run() {
    check("$workflow.name + $flow.id + $workflow.active", json!("Ordersf1true"));
    check("$execution.id + $execution.mode + $run.mode", json!("r1productionwebhook"));
    check("$vars.region + $env.STAGE + $env.PATH", json!("eutestundefined"));
    check("$prevNode.name + $prevNode.outputIndex + $prevNode.runIndex", json!("Start01"));
}

#[test]
fn helpers() {
    check("$if($json.count > 2, 'many', 'few')", json!("many"));
    check("$ifEmpty($json.empty, 'x') + $ifEmpty($json.missing, 'y') + $ifEmpty($json.count, 'z')", json!("xy3"));
    check("$min(3, 1, 2) + $max([3, 1], 2)", json!(4));
    check("$average(1, 2, 3)", json!(2));
    check("zip(['a', 'b'], [1, 2])", json!({ "a": 1, "b": 2 }));
    check("numberList(1, 3)", json!([1, 2, 3]));
}

#[test]
fn jmespath() {
    let check = |query: &str, expected: Value| {
        let data = r#"({ people: [{ name: "a", age: 30, tags: ["x"] }, { name: "b", age: 20, tags: ["y", "z"] }, { name: "c" }], deep: { "k 1": { v: [0, 1, 2, 3] } } })"#;
        check(&format!("$jmespath({data}, {})", Value::from(query)), expected);
    };
    check("people[0].name", json!("a"));
    check("people[-1].name", json!("c"));
    check("people[*].age", json!([30, 20]));
    check("people[?age > `25`].name", json!(["a"]));
    check("people[?name == 'b' || age == `30`] | [0].name", json!("a"));
    check("people[].tags[]", json!(["x", "y", "z"]));
    check("people[:2].{n: name, first: tags[0]}", json!([{ "n": "a", "first": "x" }, { "n": "b", "first": "y" }]));
    check("deep.\"k 1\".v[1:3]", json!([1, 2]));
    check("deep.\"k 1\".v[::-1]", json!([3, 2, 1, 0]));
    check("deep.*.v[0]", json!([0]));
    check("length(people)", json!(3));
    check("sort_by(people[?age], &age)[0].name", json!("b"));
    check("max_by(people[?age], &age).name", json!("a"));
    check("people[?contains(tags || `[]`, 'z')].name | [0]", json!("b"));
    check("join(', ', people[*].name)", json!("a, b, c"));
    check("nothing.at.all", json!(null));
    check("not_null(nothing, people[0].age)", json!(30));
    check("[people[0].name, deep.nothing]", json!(["a", null]));
    check("!people", json!(false));
    super::check("$jmespath($input.all(), '[].json.name')", json!(["Ana", "Bo"]));
}

#[test]
fn missing_data_is_nothing_other_mistakes_are_errors() {
    check("$json.a.b.c + 1", json!(null));
    check("$json.missing.toUpperCase()", json!(null));
    check("$json.nothing.x.y()", json!(null));
    check("$json.missing", json!(null));
    check("() => 1", json!(null));
    check_error("$json.name.nope()", "expression_failed", "not a function");
    check_error("nothing + 1", "expression_failed", "nothing is not defined");
    check_error("$json.name +", "expression_syntax", "is not valid JavaScript");
    check_error("'a' 'b'", "expression_syntax", "at character");
    check_error("(() => { throw new Error('my own') })()", "expression_failed", "Error: my own");
    check_error("$('Nobody').first()", "expression_reference", "no node called “Nobody”");
    check_error("$('Never').first().json.x", "expression_reference", "has not run");
    check_error("$('Start').itemMatching(9)", "expression_reference", "Use first()");
    check_error("(async () => 1)()", "expression_failed", "can't wait");
    check_error("'7x'.toNumber()", "expression_failed", "is not a number");
}

#[test]
fn what_leaves_is_json() {
    check("10n ** 20n", json!("100000000000000000000"));
    check("0 / 0", json!(null));
    check("1e300 * 1e300", json!(null));
    check("new Date(0)", json!("1970-01-01T00:00:00.000Z"));
    check("-0", json!(0));
    check("[undefined, () => 1, new Map()]", json!([null, null, {}]));
    check("'\u{1F600}'", json!("\u{1F600}"));
    check(
        "(() => { const o = {}; o.keys = 1; o.toString = 2; o.values = [3]; return o })()",
        json!({ "keys": 1, "toString": 2, "values": [3] }),
    );
    check_error("(() => { const a = {}; a.a = a; return a })()", "expression_failed", "circular");
}
