//! What Kubernetes 1.36 says when it refuses something, and what we make of it.

use kube::core::Status;
use serde_json::json;

use super::*;

fn refusal(code: u16, reason: &str, message: &str) -> Judged {
    judge(&Error::Api(Box::new(Status::failure(message, reason).with_code(code))))
}

/// The code of the failure, or in one word what else it is.
fn word(judged: &Judged) -> &'static str {
    match judged {
        Judged::Final(CallError::Failed(failure)) => failure.code,
        Judged::Final(CallError::NotFound) => "not found",
        Judged::Final(CallError::Exists) => "exists",
        Judged::Final(CallError::Quota(_)) => "quota",
        Judged::Passing(..) => "passing",
    }
}

fn check(code: u16, reason: &str, message: &str, expected: &str) {
    assert_eq!(word(&refusal(code, reason, message)), expected, "{code} {message}");
}

#[test]
fn a_rule_that_refuses_is_told_as_one_whatever_its_status() {
    let policy = "jobs.batch \"fluxo-a-3-0-1\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding \
                  'no-latest-flows' denied request: containers cannot use the tag latest";
    check(422, "Invalid", policy, "job_refused");
    check(403, "Forbidden", policy, "job_refused");
    check(401, "Unauthorized", policy, "job_refused");
    check(413, "RequestEntityTooLarge", policy, "job_refused");
    let webhook =
        "admission webhook \"validation.gatekeeper.sh\" denied the request: [no-root] User \"0\" cannot be used";
    for code in [400, 403, 404, 409, 422] {
        check(code, "Forbidden", webhook, "job_refused");
    }
    check(
        403,
        "Forbidden",
        "admission webhook \"x.example.com\" denied the request without explanation",
        "job_refused",
    );
    let ending = "jobs.batch \"fluxo-a-3-0-1\" is forbidden: unable to create new content in namespace flows because it \
                  is being terminated";
    check(403, "Forbidden", ending, "job_refused");
    let Judged::Final(CallError::Failed(failure)) = refusal(422, "Invalid", policy) else { panic!("final") };
    assert!(failure.message.en.contains("containers cannot use the tag latest"), "{failure}");
}

#[test]
fn a_missing_role_and_wrong_parameters_stay_what_they_are() {
    let role = "jobs.batch is forbidden: User \"system:serviceaccount:fluxo:fluxo\" cannot create resource \"jobs\" in \
                API group \"batch\" in the namespace \"flows\"";
    check(403, "Forbidden", role, "cluster_forbidden");
    let wrong = "Job.batch \"fluxo-a-3-0-1\" is invalid: spec.template.spec.containers[0].resources.requests: Invalid \
                 value: \"2\": must be less than or equal to cpu limit of 1";
    check(422, "Invalid", wrong, "job_invalid");
    let quantity = "Job in version \"v1\" cannot be handled as a Job: quantities must match the regular expression \
                    '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    check(400, "BadRequest", quantity, "job_invalid");
}

#[test]
fn what_passes_is_waited_for() {
    let quota = "jobs.batch \"fluxo-a-3-0-1\" is forbidden: exceeded quota: jobs, requested: count/jobs.batch=1, used: \
                 count/jobs.batch=5, limited: count/jobs.batch=5";
    check(403, "Forbidden", quota, "quota");
    let calling = "Internal error occurred: failed calling webhook \"x.example.com\": failed to call webhook: Post \
                   \"https://x.flows.svc:443/validate?timeout=10s\": context deadline exceeded";
    check(500, "InternalError", calling, "passing");
    check(401, "Unauthorized", "Unauthorized", "passing");
    check(
        409,
        "Conflict",
        "Operation cannot be fulfilled on resourcequotas \"jobs\": the object has been modified",
        "passing",
    );
    check(409, "AlreadyExists", "jobs.batch \"fluxo-a-3-0-1\" already exists", "exists");
    check(404, "NotFound", "namespaces \"flows\" not found", "not found");
}

#[test]
fn a_server_that_asks_for_time_gets_it_within_bounds() {
    let status = json!({"code": 429, "message": "too many requests", "details": {"retryAfterSeconds": 3_600}});
    let status = Error::Api(Box::new(serde_json::from_value(status).unwrap()));
    let Judged::Passing(_, asked) = judge(&status) else { panic!("it passes") };
    assert_eq!(asked, Some(Duration::from_secs(60)));
}
