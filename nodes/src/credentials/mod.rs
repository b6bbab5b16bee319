//! Credential kinds: their forms, their checks, what may be shown of them.
