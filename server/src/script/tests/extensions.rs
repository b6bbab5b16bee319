use super::*;

fn all(cases: &[(&str, Value)]) {
    for (expression, expected) in cases {
        check(expression, expected.clone());
    }
}

#[test]
fn strings() {
    all(&[
        ("'é€'.base64Encode()", json!("w6nigqw=")),
        ("'w6nigqw'.base64Decode()", json!("é€")),
        ("'https://user@sub.example.co.uk:8080/a/b?c#d'.extractDomain()", json!("sub.example.co.uk")),
        ("'me@example.com'.extractDomain()", json!("example.com")),
        ("'write to ana.b+c@mail.example.org, please'.extractEmail()", json!("ana.b+c@mail.example.org")),
        ("'see https://example.com/x?y=1 now'.extractUrl()", json!("https://example.com/x?y=1")),
        ("'https://example.com/a/b?c=1'.extractUrlPath()", json!("/a/b")),
        ("'abc'.hash()", json!("900150983cd24fb0d6963f7d28e17f72")),
        ("'abc'.hash('sha1')", json!("a9993e364706816aba3e25717850c26c9cd0d89d")),
        ("'abc'.hash('sha256')", json!("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")),
        ("'abc'.hash('SHA-512').length", json!(128)),
        ("'abc'.hash('sha3').slice(0, 8)", json!("b751850b")),
        ("'  '.isBlank()", json!(true)),
        ("''.isEmpty() && 'a'.isNotEmpty()", json!(true)),
        ("'example.com'.isDomain() && !'a b.com'.isDomain()", json!(true)),
        ("'a@b.co'.isEmail() && !'a@b'.isEmail()", json!(true)),
        ("'1.5'.isNumeric() && !'1x'.isNumeric() && !''.isNumeric()", json!(true)),
        ("'https://a.b/c'.isUrl() && !'a.b'.isUrl()", json!(true)),
        (r#"'{"a":[1]}'.parseJson().a[0]"#, json!(1)),
        (r#"'say "hi"'.quote()"#, json!(r#""say \"hi\"""#)),
        ("'# Title\\n**bold** and [link](http://x) `code`'.removeMarkdown()", json!("Title\nbold and link code")),
        ("'<p>Hi <b>you</b></p>'.removeTags()", json!("Hi you")),
        ("'ação à Straße'.replaceSpecialChars()", json!("acao a Strasse")),
        ("'no'.toBoolean() || '0'.toBoolean() || 'False'.toBoolean()", json!(false)),
        ("'yes'.toBoolean()", json!(true)),
        ("'12.9'.toInt() + '1,234.5'.toFloat()", json!(1246.5)),
        (r#"'a"b'.toJsonString()"#, json!(r#""a\"b""#)),
        ("'hello THERE. how are you'.toSentenceCase()", json!("Hello there. How are you")),
        ("'myValue for-you'.toSnakeCase()", json!("my_value_for_you")),
        ("'joão da silva-souza'.toTitleCase()", json!("João Da Silva-Souza")),
        ("'a b&c/ü'.urlEncode()", json!("a%20b%26c%2F%C3%BC")),
        ("'a%20b'.urlDecode()", json!("a b")),
        ("'a-b'.replaceAll('-', '+').split('+').join('|')", json!("a|b")),
    ]);
}

#[test]
fn numbers_and_booleans() {
    all(&[
        ("(-1.5).abs() + (1.2).ceil() + (1.8).floor()", json!(4.5)),
        ("(1.005).round(2)", json!(1.01)),
        ("(1234.5).round() + (1e21).round()", json!(1e21 + 1235.0)),
        ("(-2.5).round()", json!(-2)),
        ("(1234567.891).format()", json!("1,234,567.891")),
        ("(1234.5).format('pt-BR', { style: 'currency', currency: 'BRL' })", json!("R$\u{a0}1.234,50")),
        ("(1234.5).format('en-US', { style: 'currency', currency: 'USD' })", json!("$1,234.50")),
        ("(0.256).format('en-US', { style: 'percent', maximumFractionDigits: 1 })", json!("25.6%")),
        ("(1234.5).toLocaleString('de-DE')", json!("1.234,5")),
        ("(2).isEven() && (3).isOdd() && (-3).isOdd() && !(2.5).isInteger()", json!(true)),
        ("(0).toBoolean()", json!(false)),
        ("(1700000000).toDateTime('s').toMillis()", json!(1700000000000i64)),
        ("true.toInt() + false.toNumber()", json!(1)),
        ("(5).toString().padStart(3, '0')", json!("005")),
    ]);
}

#[test]
fn arrays() {
    all(&[
        ("[1].append(2, 3)", json!([1, 2, 3])),
        ("[1, 2, 3].average() + [1, '2'].sum() + [4, 9].max() + [4, 9].min()", json!(18)),
        ("[1, 2, 3, 4, 5].chunk(2)", json!([[1, 2], [3, 4], [5]])),
        ("[1, null, '', 'a', {}].compact()", json!([1, "a"])),
        ("[1, 2, { a: 1 }].difference([2, { a: 1 }])", json!([1])),
        ("[1, 2, 2, 3].intersection([2, 3, 4])", json!([2, 3])),
        ("[1, 2].union([2, 3])", json!([1, 2, 3])),
        ("$json.tags.first() + $json.tags.last()", json!("ab")),
        ("[].isEmpty() && [0].isNotEmpty()", json!(true)),
        ("[{ a: 1 }].merge([{ a: 2, b: 3 }])", json!({ "a": 1, "b": 3 })),
        ("[{ a: 1, b: 2 }, { a: 3 }].pluck('a')", json!([1, 3])),
        ("[{ a: 1, b: 2, c: 3 }].pluck('a', 'b')", json!([{ "a": 1, "b": 2 }])),
        ("[7].randomItem()", json!(7)),
        ("[{ a: 1 }].renameKeys('a', 'b')", json!([{ "b": 1 }])),
        ("[{ k: 'x', v: 1 }, { k: 'y', v: 2 }].smartJoin('k', 'v')", json!({ "x": 1, "y": 2 })),
        ("[1].toJsonString()", json!("[1]")),
        ("[1, '1', 1, { a: 1 }, { a: 1 }].unique()", json!([1, "1", { "a": 1 }])),
        ("[{ a: 1, b: 1 }, { a: 1, b: 2 }].removeDuplicates('a')", json!([{ "a": 1, "b": 1 }])),
        ("[3, 20, 1].sort()", json!([1, 20, 3])),
        ("[3, 20, 1].sort((a, b) => a - b)", json!([1, 3, 20])),
        ("[[1, [2]], 3].flat()", json!([1, [2], 3])),
        ("[[1, [2]], 3].flat(Infinity)", json!([1, 2, 3])),
        ("[1, 2].concat([3], 4)", json!([1, 2, 3, 4])),
        ("Array.from({ length: 3 }, (_, i) => i).reverse()", json!([2, 1, 0])),
        ("Math.max(...[1, 5, 3])", json!(5)),
    ]);
}

#[test]
fn objects() {
    all(&[
        ("({ a: null, b: { c: '', d: 1 }, e: 2 }).compact()", json!({ "b": { "d": 1 }, "e": 2 })),
        ("$json.hasField('name') && !$json.hasField('toString')", json!(true)),
        ("({}).isEmpty() && $json.isNotEmpty()", json!(true)),
        ("({ a: 'xy', b: 'z', c: 1 }).keepFieldsContaining('x')", json!({ "a": "xy" })),
        ("({ a: 'xy', b: 'z', c: 1 }).removeFieldsContaining('x')", json!({ "b": "z", "c": 1 })),
        ("({ a: 1, b: 2 }).removeField('a')", json!({ "b": 2 })),
        ("$json.customer.keys()", json!(["mail", "address"])),
        ("({ a: 1, b: 2 }).values()", json!([1, 2])),
        ("({ a: 1 }).toJsonString()", json!(r#"{"a":1}"#)),
        ("({ a: 'x y', b: 2 }).urlEncode()", json!("a=x%20y&b=2")),
        // A field wins over the method of that name.
        ("$json.values[1]", json!(20)),
    ]);
}
