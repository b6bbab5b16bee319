//! A curl command line as parameters.

use serde_json::{Map, Value, json};

use crate::error::NodeError;

/// What a curl command says. Has no `Debug`: the credential is secret.
pub struct Imported {
    /// For an `http_request` node; only what differs from its defaults.
    pub parameters: Map<String, Value>,
    /// From `-u`, `--oauth2-bearer` or an `Authorization` header: credential kind and its fields, to be stored as one.
    pub credential: Option<(String, Map<String, Value>)>,
    /// Options that mean nothing here.
    pub ignored: Vec<String>,
}

/// Reads a curl command as a shell would: quotes, `$'…'`, line ends with a backslash.
pub fn from_curl(text: &str) -> Result<Imported, NodeError> {
    let words = shell_words(text)?;
    let mut words = words.into_iter();
    match words.next() {
        Some(first) if first == "curl" || first.ends_with("/curl") || first == "curl.exe" => {}
        _ => return Err(wrong("The text is no curl command. Paste one that starts with “curl”.")),
    }
    let mut import = Import::default();
    let mut only_words = false;
    while let Some(word) = words.next() {
        if only_words || !word.starts_with('-') || word == "-" {
            import.url.get_or_insert(word);
            continue;
        }
        if word == "--" {
            only_words = true;
            continue;
        }
        let (names, mut attached) = split_option(&word);
        for name in names {
            if !takes_value(&name) {
                import.flag(&name);
                continue;
            }
            let missing = || wrong(&format!("After {name} something is missing. Complete it."));
            let value = attached.take().or_else(|| words.next()).ok_or_else(missing)?;
            import.option(&name, value)?;
        }
    }
    import.finish()
}

/// `--name`, `--name=value`, `-Xvalue`, `-sSL`: the options and a value that hangs on the last one.
fn split_option(word: &str) -> (Vec<String>, Option<String>) {
    if word.starts_with("--") {
        return match word.split_once('=') {
            Some((name, value)) => (vec![name.to_owned()], Some(value.to_owned())),
            None => (vec![word.to_owned()], None),
        };
    }
    let mut names = Vec::new();
    for (i, c) in word.char_indices().skip(1) {
        let name = format!("-{c}");
        let rest = &word[i + c.len_utf8()..];
        if takes_value(&name) {
            names.push(name);
            return (names, Some(rest.to_owned()).filter(|r| !r.is_empty()));
        }
        names.push(name);
    }
    (names, None)
}

fn takes_value(name: &str) -> bool {
    const WITH: &[&str] = &[
        "-X",
        "--request",
        "-H",
        "--header",
        "-d",
        "--data",
        "--data-ascii",
        "--data-raw",
        "--data-binary",
        "--data-urlencode",
        "--json",
        "-F",
        "--form",
        "--form-string",
        "-u",
        "--user",
        "-x",
        "--proxy",
        "-b",
        "--cookie",
        "-A",
        "--user-agent",
        "-e",
        "--referer",
        "-m",
        "--max-time",
        "--connect-timeout",
        "--max-redirs",
        "--url",
        "--oauth2-bearer",
        "-o",
        "--output",
        "-w",
        "--write-out",
        "--retry",
        "--retry-delay",
        "--retry-max-time",
        "-T",
        "--upload-file",
        "-E",
        "--cert",
        "--key",
        "--cacert",
        "--capath",
        "-c",
        "--cookie-jar",
        "--resolve",
        "-K",
        "--config",
        "-D",
        "--dump-header",
        "--limit-rate",
        "-r",
        "--range",
        "--socks5",
        "--socks5-hostname",
        "--ciphers",
        "--interface",
        "-U",
        "--proxy-user",
        "--url-query",
        "--aws-sigv4",
        "-Y",
        "-y",
        "-z",
        "-C",
        "-t",
        "--trace",
        "--trace-ascii",
        "--stderr",
        "--max-filesize",
        "--tls-max",
        "--connect-to",
        "--dns-servers",
        "--noproxy",
    ];
    WITH.contains(&name)
}

#[derive(Default)]
struct Import {
    url: Option<String>,
    method: Option<String>,
    headers: Vec<(String, String)>,
    data: Vec<String>,
    json: bool,
    get: bool,
    parts: Vec<Value>,
    query: Vec<String>,
    redirects: bool,
    parameters: Map<String, Value>,
    credential: Option<(String, Map<String, Value>)>,
    digest: bool,
    ignored: Vec<String>,
}

impl Import {
    fn flag(&mut self, name: &str) {
        match name {
            "-G" | "--get" => self.get = true,
            "-I" | "--head" => self.method = Some("HEAD".into()),
            "-k" | "--insecure" => self.set("ignore_tls", json!(true)),
            "-L" | "--location" | "--location-trusted" => self.redirects = true,
            "--digest" => self.digest = true,
            "-i" | "--include" => self.set("full", json!(true)),
            "-s" | "--silent" | "-S" | "--show-error" | "-v" | "--verbose" | "--compressed" | "--basic" | "-f"
            | "--fail" | "--http1.1" | "--http2" | "-g" | "--globoff" | "-N" | "--no-buffer" | "-#" | "-4" | "-6" => {}
            other => self.ignored.push(other.to_owned()),
        }
    }

    fn set(&mut self, name: &str, value: Value) {
        self.parameters.insert(name.to_owned(), value);
    }

    fn option(&mut self, name: &str, value: String) -> Result<(), NodeError> {
        match name {
            "-X" | "--request" => self.method = Some(value.to_ascii_uppercase()),
            "-H" | "--header" => match value.split_once(':') {
                Some((name, value)) => self.headers.push((name.trim().to_owned(), value.trim().to_owned())),
                None => self.ignored.push(format!("-H {}", value.trim_end_matches(';'))),
            },
            "-d" | "--data" | "--data-ascii" | "--data-binary" if value.starts_with('@') => {
                self.ignored.push(format!("{name} with a file: choose “A file” as the body"));
                self.set("body", json!("file"));
            }
            "-d" | "--data" | "--data-ascii" | "--data-raw" | "--data-binary" => self.data.push(value),
            "--data-urlencode" => {
                let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
                self.data.push(match value.split_once('=') {
                    Some(("", content)) => encode(content),
                    Some((name, content)) => format!("{name}={}", encode(content)),
                    None => encode(&value),
                });
            }
            "--json" => {
                self.json = true;
                self.data.push(value);
            }
            "-F" | "--form" | "--form-string" => self.part(name, &value),
            "-u" | "--user" => {
                let (user, password) = value.split_once(':').unwrap_or((&value, ""));
                self.credential("http_basic", &[("user", user), ("password", password)]);
            }
            "--oauth2-bearer" => self.credential("http_bearer", &[("token", &value)]),
            "-x" | "--proxy" => self.proxy(&with_scheme(&value, "http")),
            "--socks5" | "--socks5-hostname" => self.proxy(&with_scheme(&value, "socks5")),
            "-U" | "--proxy-user" => {
                self.set("proxy_password", json!(true));
                self.ignored.push(format!("{name}: choose a credential for the proxy"));
            }
            "-b" | "--cookie" => self.headers.push(("Cookie".into(), value)),
            "-A" | "--user-agent" => self.headers.push(("User-Agent".into(), value)),
            "-e" | "--referer" => self.headers.push(("Referer".into(), value)),
            "-r" | "--range" => self.headers.push(("Range".into(), format!("bytes={value}"))),
            "-m" | "--max-time" => {
                let seconds: f64 = value.parse().map_err(|_| wrong("The time limit is no number. Correct it."))?;
                self.set("timeout_s", json!((seconds.ceil() as u64).clamp(1, 3_600)));
            }
            "--max-redirs" => {
                let count: i64 = value.parse().map_err(|_| wrong("--max-redirs is no number. Correct it."))?;
                self.set("max_redirects", json!(count.clamp(0, 50)));
            }
            "--retry" => {
                let more: u32 = value.parse().map_err(|_| wrong("--retry is no number. Correct it."))?;
                self.set("retry", json!({"tries": more.saturating_add(1).min(20)}));
            }
            "--url" => {
                self.url.get_or_insert(value);
            }
            "--url-query" => self.query.push(value),
            "-T" | "--upload-file" => {
                self.method.get_or_insert("PUT".into());
                self.set("body", json!("file"));
            }
            "-o" | "--output" => self.set("response", json!("file")),
            "-E" | "--cert" | "--key" => self.set("client_certificate", json!(true)),
            other => self.ignored.push(other.to_owned()),
        }
        Ok(())
    }

    /// The document is read by everybody: user and password of the proxy go into a credential.
    fn proxy(&mut self, address: &str) {
        let (scheme, rest) = address.split_once("://").unwrap_or(("http", address));
        match rest.rsplit_once('@') {
            Some((_, host)) => {
                self.set("proxy", json!(format!("{scheme}://{host}")));
                self.set("proxy_password", json!(true));
                self.ignored.push("password of the proxy: choose a credential for it".to_owned());
            }
            None => self.set("proxy", json!(address)),
        }
    }

    fn part(&mut self, option: &str, value: &str) {
        let (name, content) = value.split_once('=').unwrap_or((value, ""));
        let is_file = option != "--form-string" && content.starts_with(['@', '<']);
        self.parts.push(if is_file {
            json!({"name": name, "kind": "file", "value": "data"})
        } else {
            json!({"name": name, "kind": "text", "value": content})
        });
    }

    fn credential(&mut self, kind: &str, fields: &[(&str, &str)]) {
        let fields = fields.iter().map(|(n, v)| ((*n).to_owned(), json!(v))).collect();
        self.credential = Some((kind.to_owned(), fields));
    }

    fn finish(mut self) -> Result<Imported, NodeError> {
        let url = self.url.take().ok_or_else(|| wrong("The command has no address. Add the URL."))?;
        let mut url = if url.contains("://") { url } else { format!("http://{url}") };
        if self.get {
            self.query.append(&mut self.data);
        }
        for query in &self.query {
            let mark = if url.contains('?') { '&' } else { '?' };
            url = format!("{url}{mark}{query}");
        }
        self.set("url", json!(url));
        let headers = std::mem::take(&mut self.headers);
        let mut kept = Vec::new();
        let mut content_type = String::new();
        for (name, value) in headers {
            let scheme = value.split_once(' ').map(|(scheme, token)| (scheme.to_ascii_lowercase(), token.trim()));
            match (name.to_ascii_lowercase().as_str(), scheme) {
                ("authorization", Some((scheme, token))) if scheme == "bearer" => {
                    self.credential("http_bearer", &[("token", token)]);
                }
                ("authorization", Some((scheme, token))) if scheme == "basic" => {
                    let pair = crate::kinds::common::unbase64(token).and_then(|b| String::from_utf8(b).ok());
                    let pair = pair.unwrap_or_default();
                    let (user, password) = pair.split_once(':').unwrap_or((&pair, ""));
                    self.credential("http_basic", &[("user", user), ("password", password)]);
                }
                ("authorization" | "x-api-key" | "api-key", _) => {
                    self.credential("http_header", &[("name", &name), ("value", &value)]);
                }
                ("content-type", _) => content_type = value,
                _ => kept.push(json!({"name": name, "value": value})),
            }
        }
        self.body(&content_type, &mut kept);
        if !kept.is_empty() {
            self.set("headers", json!(kept));
        }
        let has_body = self.parameters.contains_key("body");
        let method = self.method.take().unwrap_or_else(|| if has_body { "POST".into() } else { "GET".into() });
        let known = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
        if !known.contains(&method.as_str()) {
            return Err(wrong(&format!("The method {method} is not one of {}. Choose one of them.", known.join(", "))));
        }
        self.set("method", json!(method));
        if !self.redirects && !self.parameters.contains_key("max_redirects") {
            self.set("max_redirects", json!(0));
        }
        let authentication = match self.credential.as_ref().map(|(kind, _)| kind.as_str()) {
            Some("http_basic") if self.digest => "digest",
            Some("http_basic") => "basic",
            Some("http_bearer") => "bearer",
            Some(_) => "header",
            None => "none",
        };
        if authentication != "none" {
            self.set("authentication", json!(authentication));
        }
        Ok(Imported { parameters: self.parameters, credential: self.credential, ignored: self.ignored })
    }

    fn body(&mut self, content_type: &str, headers: &mut Vec<Value>) {
        let essence = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if !self.parts.is_empty() {
            let parts = std::mem::take(&mut self.parts);
            self.set("body", json!("multipart"));
            self.set("parts", json!(parts));
            return;
        }
        if self.data.is_empty() {
            if !content_type.is_empty() {
                headers.push(json!({"name": "Content-Type", "value": content_type}));
            }
            return;
        }
        let text = std::mem::take(&mut self.data).join(if self.json { "" } else { "&" });
        let is_json = self.json || essence == "application/json" || essence.ends_with("+json");
        if is_json && serde_json::from_str::<Value>(&text).is_ok() {
            self.set("body", json!("json"));
            self.set("body_as", json!("json"));
            self.set("json", json!(text));
            if !content_type.is_empty() && essence != "application/json" {
                headers.push(json!({"name": "Content-Type", "value": content_type}));
            }
        } else if essence.is_empty() || essence == "application/x-www-form-urlencoded" {
            let pairs = url::form_urlencoded::parse(text.as_bytes());
            let fields: Vec<Value> = pairs.map(|(n, v)| json!({"name": n, "value": v})).collect();
            self.set("body", json!("form"));
            self.set("fields", json!(fields));
        } else {
            self.set("body", json!("raw"));
            self.set("raw", json!(text));
            self.set("raw_type", json!(content_type));
        }
    }
}

fn with_scheme(address: &str, scheme: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("{scheme}://{address}") }
}

fn wrong(text: &str) -> NodeError {
    NodeError::new("curl_invalid", text)
}

/// Splits as a POSIX shell does, with `$'…'` of bash and `^` line ends of Windows.
fn shell_words(text: &str) -> Result<Vec<String>, NodeError> {
    let (mut words, mut word): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut chars = text.trim().trim_start_matches("$ ").chars().peekable();
    let open = || wrong("A quote in the command is not closed. Copy the whole command.");
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\\' | '^' if chars.peek().is_some_and(|c| matches!(c, '\n' | '\r')) => {
                while chars.next_if(|c| matches!(c, '\n' | '\r')).is_some() {}
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '\'' => loop {
                match chars.next().ok_or_else(open)? {
                    '\'' => {
                        word.get_or_insert_default();
                        break;
                    }
                    c => word.get_or_insert_default().push(c),
                }
            },
            '"' => loop {
                match chars.next().ok_or_else(open)? {
                    '"' => {
                        word.get_or_insert_default();
                        break;
                    }
                    '\\' => match chars.next().ok_or_else(open)? {
                        '\n' => {}
                        c @ ('"' | '\\' | '$' | '`') => word.get_or_insert_default().push(c),
                        c => word.get_or_insert_default().extend(['\\', c]),
                    },
                    c => word.get_or_insert_default().push(c),
                }
            },
            '$' if chars.peek() == Some(&'\'') => {
                chars.next();
                loop {
                    match chars.next().ok_or_else(open)? {
                        '\'' => break,
                        '\\' => {
                            let escaped = match chars.next().ok_or_else(open)? {
                                'n' => Some('\n'),
                                't' => Some('\t'),
                                'r' => Some('\r'),
                                'u' => code_point(&mut chars, 4),
                                'x' => code_point(&mut chars, 2),
                                c => Some(c),
                            };
                            word.get_or_insert_default().extend(escaped);
                        }
                        c => word.get_or_insert_default().push(c),
                    }
                }
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

fn code_point(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, digits: usize) -> Option<char> {
    let mut code = 0;
    for _ in 0..digits {
        let Some(digit) = chars.peek().and_then(|c| c.to_digit(16)) else { break };
        code = code * 16 + digit;
        chars.next();
    }
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &str, parameters: Value, credential: Option<(&str, Value)>) {
        let imported = from_curl(command).unwrap();
        assert_eq!(Value::Object(imported.parameters), parameters, "{command}");
        let got = imported.credential.map(|(kind, fields)| (kind, Value::Object(fields)));
        assert_eq!(got, credential.map(|(kind, fields)| (kind.to_owned(), fields)), "{command}");
    }

    #[test]
    fn commands_as_people_paste_them() {
        check("curl -L https://example.com/a?b=1", json!({"url": "https://example.com/a?b=1", "method": "GET"}), None);
        check(
            "$ curl 'https://example.com/orders' \\\n  -H 'Content-Type: application/json' \\\n  -H 'X-Trace: a b' \\\n  --data-raw '{\"name\":\"São Jorge\"}' --compressed -sSL",
            json!({"url": "https://example.com/orders", "body": "json", "body_as": "json", "json": "{\"name\":\"São Jorge\"}",
                "headers": [{"name": "X-Trace", "value": "a b"}], "method": "POST"}),
            None,
        );
        check(
            "curl -X PUT -d a=1 -d 'b=x y' example.com -u ana:s3cret --digest -k -L",
            json!({"ignore_tls": true, "url": "http://example.com", "body": "form",
                "fields": [{"name": "a", "value": "1"}, {"name": "b", "value": "x y"}], "method": "PUT",
                "authentication": "digest"}),
            Some(("http_basic", json!({"user": "ana", "password": "s3cret"}))),
        );
        check(
            "curl -LG https://example.com --data-urlencode 'q=a&b' -H 'Authorization: Bearer t0ken'",
            json!({"url": "https://example.com?q=a%26b", "method": "GET", "authentication": "bearer"}),
            Some(("http_bearer", json!({"token": "t0ken"}))),
        );
        check(
            r#"curl -F "note=a \"b\"" -F file=@doc.pdf https://example.com --max-time 1.5 -x proxy:3128"#,
            json!({"timeout_s": 2, "proxy": "http://proxy:3128", "url": "https://example.com", "body": "multipart",
                "parts": [{"name": "note", "kind": "text", "value": "a \"b\""}, {"name": "file", "kind": "file", "value": "data"}],
                "method": "POST", "max_redirects": 0}),
            None,
        );
        check(
            r"curl -L --json $'{\u0022a\': 1}' https://example.com -XPATCH",
            json!({"url": "https://example.com", "body": "form", "fields": [{"name": "{\"a': 1}", "value": ""}], "method": "PATCH"}),
            None,
        );
        check("curl -IL https://example.com", json!({"url": "https://example.com", "method": "HEAD"}), None);
        check(
            "curl -L https://example.com -H 'Authorization: Basic YTpi' -H 'Content-Type: text/xml' -d '<a/>'",
            json!({"url": "https://example.com", "body": "raw", "raw": "<a/>", "raw_type": "text/xml", "method": "POST",
                "authentication": "basic"}),
            Some(("http_basic", json!({"user": "a", "password": "b"}))),
        );
    }

    #[test]
    fn the_proxys_password_stays_out() {
        let imported = from_curl("curl -L https://example.com -x http://ana:s3cret@proxy:3128").unwrap();
        assert_eq!(imported.parameters["proxy"], "http://proxy:3128");
        assert_eq!(imported.parameters["proxy_password"], true);
        assert!(!Value::Object(imported.parameters).to_string().contains("s3cret"));
        assert_eq!(imported.ignored.len(), 1);
    }

    #[test]
    fn what_is_no_command() {
        let check = |text: &str| assert_eq!(from_curl(text).map(|_| ()).unwrap_err().code, "curl_invalid", "{text}");
        check("");
        check("wget https://example.com");
        check("curl");
        check("curl 'https://example.com");
        check("curl https://example.com -H");
        check("curl https://example.com -X BREW");
        check("curl https://example.com -m soon");
    }

    #[test]
    fn says_what_it_leaves_out() {
        let imported = from_curl("curl https://example.com --interface eth0 --ntlm").unwrap();
        assert_eq!(imported.ignored, ["--interface", "--ntlm"]);
    }
}
