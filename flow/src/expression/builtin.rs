const BUILTIN: [&str; 1] = ["__proto__"];
