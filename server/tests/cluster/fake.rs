//! An API server in memory: creates, lists, watches with resource versions, logs that are followed; pods by a script; and
//! the faults that real ones have, drawn from a seed.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use jiff::Timestamp;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::watch;

/// What a pod does.
#[derive(Clone, Debug)]
pub struct Script {
    /// Until the container starts.
    pub pending: Duration,
    pub lines: Vec<String>,
    pub between: Duration,
    /// How long a log that is followed stays open after the container's end.
    pub stream_lasts: Duration,
    pub end: End,
}

#[derive(Clone, Debug)]
pub enum End {
    Exit(i32),
    /// The same, and what the kubelet keeps of the log when nobody can read it any more.
    Said(i32, String),
    /// Works until it is deleted.
    Never,
    OutOfMemory,
    /// The machine goes away; the next try ends well.
    Evicted,
    /// No pod is made: an event says why.
    Refused(String),
    /// Waits with this reason and message.
    Stuck(&'static str, String),
    Unschedulable(String),
}

impl Default for Script {
    fn default() -> Self {
        Self {
            pending: Duration::from_millis(10),
            lines: vec!["hello".to_owned(), "{\"ok\":true}".to_owned()],
            between: Duration::from_millis(5),
            stream_lasts: Duration::ZERO,
            end: End::Exit(0),
        }
    }
}

/// How often, of a thousand, something goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// A call is refused with 429 and `Retry-After`.
    pub busy: u32,
    /// A call is answered with 503.
    pub unavailable: u32,
    /// A call is done, and its answer is lost.
    pub answer_lost: u32,
    /// A create call is answered with a conflict.
    pub conflict: u32,
    /// A watch ends at an event.
    pub watch_dropped: u32,
    /// A watch is told that its version is gone.
    pub gone: u32,
    /// A deletion is done, and no watch hears of it.
    pub delete_unheard: u32,
    /// A log breaks off at a line.
    pub log_broken: u32,
}

pub struct Fake {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    faults: Faults,
    script: Box<dyn Fn(&str, &Value) -> Script + Send + Sync>,
}

#[derive(Default)]
struct State {
    seed: u64,
    version: u64,
    /// Kind → name → object.
    objects: BTreeMap<&'static str, BTreeMap<String, Value>>,
    /// Version, kind, type of event, object.
    history: Vec<(u64, &'static str, &'static str, Value)>,
    /// Pod → time and line.
    logs: HashMap<String, Vec<(Timestamp, String)>>,
    ended: HashMap<String, bool>,
    /// Job → times that it was made.
    made: BTreeMap<String, u32>,
    deleted: Vec<String>,
    /// Nothing answers.
    down: bool,
    /// Status and message with which Jobs are refused.
    refusal: Option<(u16, String)>,
}

type Answer = Response<StreamBody<BoxStream<'static, Result<Frame<Bytes>, Infallible>>>>;

const NAMESPACE: &str = "flows";

impl Fake {
    pub fn new(
        seed: u64,
        faults: Faults,
        script: impl Fn(&str, &Value) -> Script + Send + Sync + 'static,
    ) -> Arc<Self> {
        let state = State { seed: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, ..State::default() };
        Arc::new(Self { state: Mutex::new(state), changed: watch::Sender::new(0), faults, script: Box::new(script) })
    }

    pub fn client(self: &Arc<Self>) -> Client {
        let fake = Arc::clone(self);
        let service = tower::service_fn(move |request: Request<Body>| {
            let fake = Arc::clone(&fake);
            async move { fake.answer(request).await }
        });
        Client::new(service, NAMESPACE)
    }

    pub fn set_down(&self, down: bool) {
        self.lock().down = down;
        self.changed.send_modify(|n| *n += 1);
    }

    /// Until it is taken back, no Job is made.
    pub fn refuse_jobs(&self, refusal: Option<(u16, &str)>) {
        self.lock().refusal = refusal.map(|(code, message)| (code, message.to_owned()));
    }

    /// Times that each Job was made.
    pub fn made(&self) -> BTreeMap<String, u32> {
        self.lock().made.clone()
    }

    pub fn deleted(&self) -> Vec<String> {
        self.lock().deleted.clone()
    }

    pub fn names(&self, kind: &'static str) -> Vec<String> {
        self.lock().objects.get(kind).map(|all| all.keys().cloned().collect()).unwrap_or_default()
    }

    pub fn object(&self, kind: &'static str, name: &str) -> Option<Value> {
        self.lock().objects.get(kind)?.get(name).cloned()
    }

    /// As somebody with kubectl does it.
    pub fn remove(&self, kind: &'static str, name: &str) {
        self.delete(kind, name, true);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn chance(&self, of_thousand: u32) -> bool {
        let mut state = self.lock();
        // xorshift: the same seed gives the same faults in the same order of calls.
        state.seed ^= state.seed << 13;
        state.seed ^= state.seed >> 7;
        state.seed ^= state.seed << 17;
        state.seed % 1_000 < u64::from(of_thousand)
    }

    fn put(&self, kind: &'static str, mut object: Value) -> Value {
        let mut state = self.lock();
        state.version += 1;
        let version = state.version;
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let known = state.objects.entry(kind).or_default().insert(name, object.clone()).is_some();
        state.history.push((version, kind, if known { "MODIFIED" } else { "ADDED" }, object.clone()));
        drop(state);
        self.changed.send_replace(version);
        object
    }

    fn change(&self, kind: &'static str, name: &str, change: impl FnOnce(&mut Value)) -> bool {
        let Some(mut object) = self.object(kind, name) else { return false };
        change(&mut object);
        self.put(kind, object);
        true
    }

    fn delete(&self, kind: &'static str, name: &str, heard: bool) -> bool {
        let mut state = self.lock();
        let Some(object) = state.objects.get_mut(kind).and_then(|all| all.remove(name)) else { return false };
        state.version += 1;
        let version = state.version;
        if heard {
            state.history.push((version, kind, "DELETED", object));
        }
        if kind == "jobs" {
            state.deleted.push(name.to_owned());
            let owned = |all: &BTreeMap<String, Value>| -> Vec<String> {
                let of = |o: &&Value| o["metadata"]["ownerReferences"][0]["name"] == name;
                all.values().filter(of).map(|o| o["metadata"]["name"].as_str().unwrap().to_owned()).collect()
            };
            for kind in ["pods", "secrets"] {
                let gone = state.objects.get(kind).map(owned).unwrap_or_default();
                for name in gone {
                    let object = state.objects.get_mut(kind).and_then(|all| all.remove(&name)).unwrap();
                    state.version += 1;
                    let version = state.version;
                    state.ended.insert(name, true);
                    if heard {
                        state.history.push((version, kind, "DELETED", object));
                    }
                }
            }
        }
        let version = state.version;
        drop(state);
        self.changed.send_replace(version);
        true
    }

    async fn answer(self: Arc<Self>, request: Request<Body>) -> Result<Answer, std::io::Error> {
        let lost = || std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset by peer");
        if self.lock().down {
            // It takes a moment to be sure.
            tokio::time::sleep(Duration::from_millis(100)).await;
            return Err(std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "connection refused"));
        }
        let (parts, body) = request.into_parts();
        let path: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
        let at = path.iter().position(|part| *part == NAMESPACE).expect("all calls are about one namespace");
        let kind = match path[at + 1] {
            "jobs" => "jobs",
            "pods" => "pods",
            "secrets" => "secrets",
            "events" => "events",
            other => panic!("nobody may ask for {other}"),
        };
        let name = path.get(at + 2).copied();
        let query: HashMap<String, String> =
            form_urlencoded::parse(parts.uri.query().unwrap_or("").as_bytes()).into_owned().collect();
        if query.get("watch").is_some_and(|v| v == "true") {
            return Ok(self.watch(kind, &query));
        }
        if path.get(at + 3) == Some(&"log") {
            return Ok(self.log(name.unwrap(), &query));
        }
        if self.chance(self.faults.busy) {
            return Ok(status(429, "TooManyRequests", "too many requests", json!({"retryAfterSeconds": 1})));
        }
        if self.chance(self.faults.unavailable) {
            return Ok(status(503, "ServiceUnavailable", "etcd is not ready", json!({})));
        }
        let answer = match (parts.method, name) {
            (Method::POST, None) => {
                if self.chance(self.faults.conflict) {
                    return Ok(status(409, "Conflict", "the object was changed", json!({})));
                }
                let object: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
                self.create(kind, object)
            }
            (Method::GET, None) => self.list(kind, &query),
            (Method::GET, Some(name)) => match self.object(kind, name) {
                Some(object) => whole(StatusCode::OK, &object),
                None => status(404, "NotFound", &format!("{kind} \"{name}\" not found"), json!({})),
            },
            (Method::DELETE, Some(name)) => {
                let heard = !self.chance(self.faults.delete_unheard);
                match self.delete(kind, name, heard) {
                    true => whole(
                        StatusCode::OK,
                        &json!({"kind": "Status", "apiVersion": "v1", "status": "Success", "code": 200}),
                    ),
                    false => status(404, "NotFound", &format!("{kind} \"{name}\" not found"), json!({})),
                }
            }
            (method, name) => panic!("nobody may call {method} {kind} {name:?}"),
        };
        // What changed something was done.
        if self.chance(self.faults.answer_lost) { Err(lost()) } else { Ok(answer) }
    }

    fn create(self: &Arc<Self>, kind: &'static str, mut object: Value) -> Answer {
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        if self.object(kind, &name).is_some() {
            return status(409, "AlreadyExists", &format!("{kind} \"{name}\" already exists"), json!({}));
        }
        if let Some((code, message)) = self.lock().refusal.clone().filter(|_| kind == "jobs") {
            return status(code, "Forbidden", &message, json!({}));
        }
        object["metadata"]["uid"] = json!(server::engine::new_id());
        object["metadata"]["creationTimestamp"] = json!(now());
        let object = self.put(kind, object);
        if kind == "jobs" {
            *self.lock().made.entry(name.clone()).or_default() += 1;
            tokio::spawn(Arc::clone(self).end_late(name.clone(), object.clone()));
            tokio::spawn(Arc::clone(self).play(name, object.clone()));
        }
        whole(StatusCode::CREATED, &object)
    }

    fn list(&self, kind: &'static str, query: &HashMap<String, String>) -> Answer {
        let state = self.lock();
        let all = state.objects.get(kind).into_iter().flat_map(BTreeMap::values);
        let items: Vec<&Value> = all.filter(|o| selected(o, query)).collect();
        let version = state.version.to_string();
        let list =
            json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": version}, "items": items});
        whole(StatusCode::OK, &list)
    }

    fn watch(self: &Arc<Self>, kind: &'static str, query: &HashMap<String, String>) -> Answer {
        let from: u64 = query.get("resourceVersion").and_then(|v| v.parse().ok()).unwrap_or(0);
        if self.chance(self.faults.gone) {
            let error = json!({"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "status": "Failure",
                "reason": "Expired", "code": 410, "message": "too old resource version"}});
            return streamed(stream::once(ready(line(&error))).boxed());
        }
        let (fake, query) = (Arc::clone(self), query.clone());
        let start = (from, fake.changed.subscribe(), false);
        let events = stream::unfold(start, move |(from, mut changed, over)| {
            let (fake, query) = (Arc::clone(&fake), query.clone());
            async move {
                if over {
                    return None;
                }
                loop {
                    changed.borrow_and_update();
                    let (down, next) = {
                        let state = fake.lock();
                        let next = state.history.iter().find(|(version, of, _, object)| {
                            *version > from && *of == kind && selected(object, &query)
                        });
                        (state.down, next.cloned())
                    };
                    if down {
                        return None;
                    }
                    if let Some((version, _, event, object)) = next {
                        let over = fake.chance(fake.faults.watch_dropped);
                        return Some((line(&json!({"type": event, "object": object})), (version, changed, over)));
                    }
                    if changed.changed().await.is_err() {
                        return None;
                    }
                }
            }
        });
        streamed(events.boxed())
    }

    fn log(self: &Arc<Self>, pod: &str, query: &HashMap<String, String>) -> Answer {
        if self.object("pods", pod).is_none() {
            return status(404, "NotFound", &format!("pods \"{pod}\" not found"), json!({}));
        }
        let since: Option<Timestamp> = query.get("sinceTime").map(|t| t.parse().unwrap());
        assert!(since.is_none_or(|t| t.subsec_nanosecond() == 0), "the API server knows whole seconds");
        let follow = query.get("follow").is_some_and(|v| v == "true");
        let (fake, pod) = (Arc::clone(self), pod.to_owned());
        let start = (0usize, fake.changed.subscribe());
        let lines = stream::unfold(start, move |(at, mut changed)| {
            let (fake, pod) = (Arc::clone(&fake), pod.clone());
            async move {
                loop {
                    changed.borrow_and_update();
                    let (next, ended) = {
                        let state = fake.lock();
                        let next = state.logs.get(&pod).and_then(|lines| lines.get(at)).cloned();
                        (next, state.down || state.ended.get(&pod).copied().unwrap_or(false))
                    };
                    if let Some((time, text)) = next {
                        if follow && fake.chance(fake.faults.log_broken) {
                            return None;
                        }
                        let shown = since.is_none_or(|since| time >= since);
                        let text = if shown { format!("{time} {text}\n") } else { String::new() };
                        return Some((Ok(Frame::data(Bytes::from(text))), (at + 1, changed)));
                    }
                    if ended || !follow || changed.changed().await.is_err() {
                        return None;
                    }
                }
            }
        });
        let lines = lines.try_filter(|frame| ready(frame.data_ref().is_some_and(|data| !data.is_empty())));
        streamed(lines.boxed())
    }

    /// A Job that is at work when its time is over: it has failed, and its pods go.
    async fn end_late(self: Arc<Self>, job: String, object: Value) {
        let limit = object["spec"]["activeDeadlineSeconds"].as_u64().unwrap();
        tokio::time::sleep(Duration::from_secs(limit)).await;
        if self.object("jobs", &job).is_none_or(|job| job["status"]["conditions"].is_array()) {
            return;
        }
        let pods = self.names("pods").into_iter().filter(|pod| pod.starts_with(&job));
        pods.for_each(|pod| self.remove("pods", &pod));
        self.change("jobs", &job, |job| {
            job["status"]["conditions"] = json!([{"type": "Failed", "status": "True", "reason": "DeadlineExceeded",
                "message": "Job was active longer than specified deadline"}]);
        });
    }

    /// The life of a Job's pod.
    async fn play(self: Arc<Self>, job: String, object: Value) {
        let script = (self.script)(&job, &object);
        if let End::Refused(why) = &script.end {
            let name = format!("{job}.refused");
            self.put("events", json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": NAMESPACE},
                "involvedObject": {"kind": "Job", "name": job}, "reason": "FailedCreate", "message": format!("Error creating: {why}")}));
            return;
        }
        tokio::time::sleep(script.pending / 2).await;
        let pod = format!("{job}-x1");
        let mut labels = object["metadata"]["labels"].clone();
        labels["batch.kubernetes.io/job-name"] = json!(job);
        let owner = json!([{"apiVersion": "batch/v1", "kind": "Job", "name": job, "uid": object["metadata"]["uid"]}]);
        if self.object("jobs", &job).is_none() {
            return;
        }
        let mut spec = object["spec"]["template"]["spec"].clone();
        spec["nodeName"] = json!("machine-1");
        self.put(
            "pods",
            json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": pod, "namespace": NAMESPACE, "uid": server::engine::new_id(), "labels": labels,
                "ownerReferences": owner, "creationTimestamp": now()},
            "spec": spec, "status": {"phase": "Pending"}}),
        );
        let waiting = |reason: &str, message: &str| {
            json!([{"name": "main", "image": "x", "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": {"reason": reason, "message": message}}}])
        };
        match &script.end {
            End::Stuck(reason, message) => {
                self.change("pods", &pod, |pod| pod["status"]["containerStatuses"] = waiting(reason, message));
                return;
            }
            End::Unschedulable(why) => {
                self.change("pods", &pod, |pod| {
                    pod["spec"]["nodeName"] = Value::Null;
                    pod["status"]["conditions"] = json!([{"type": "PodScheduled", "status": "False",
                        "reason": "Unschedulable", "message": why}]);
                });
                return;
            }
            _ => {}
        }
        tokio::time::sleep(script.pending / 2).await;
        let state = |state: Value| json!([{"name": "main", "image": "x", "imageID": "", "ready": true, "restartCount": 0, "state": state}]);
        let started = now();
        let running = self.change("pods", &pod, |pod| {
            pod["status"]["phase"] = json!("Running");
            pod["status"]["containerStatuses"] = state(json!({"running": {"startedAt": started}}));
        });
        if !running {
            return;
        }
        for text in &script.lines {
            tokio::time::sleep(script.between).await;
            self.lock().logs.entry(pod.clone()).or_default().push((Timestamp::now(), text.clone()));
            self.changed.send_modify(|n| *n += 1);
        }
        let (code, reason) = match &script.end {
            End::Exit(code) | End::Said(code, _) => (*code, if *code == 0 { "Completed" } else { "Error" }),
            End::OutOfMemory => (137, "OOMKilled"),
            End::Evicted => (137, "Error"),
            _ => return,
        };
        let message = if let End::Said(_, message) = &script.end { Some(message.clone()) } else { None };
        tokio::time::sleep(script.between).await;
        let streams = {
            let (fake, pod) = (Arc::clone(&self), pod.clone());
            async move {
                tokio::time::sleep(script.stream_lasts).await;
                fake.lock().ended.insert(pod, true);
                fake.changed.send_modify(|n| *n += 1);
            }
        };
        match script.stream_lasts.is_zero() {
            true => streams.await,
            false => drop(tokio::spawn(streams)),
        }
        let ended = json!({"terminated": {"exitCode": code, "reason": reason, "message": message, "startedAt": started, "finishedAt": now()}});
        let evicted = matches!(script.end, End::Evicted);
        self.change("pods", &pod, |pod| {
            pod["status"]["phase"] = json!(if code == 0 { "Succeeded" } else { "Failed" });
            pod["status"]["containerStatuses"] = state(ended);
            if evicted {
                pod["status"]["conditions"] = json!([{"type": "DisruptionTarget", "status": "True",
                    "reason": "EvictionByEvictionAPI", "message": "the machine is drained"}]);
            }
        });
        self.change("jobs", &job, |job| {
            let (kind, reason) =
                if code == 0 { ("Complete", "CompletionsReached") } else { ("Failed", "BackoffLimitExceeded") };
            job["status"]["conditions"] = json!([{"type": kind, "status": "True", "reason": reason, "message": ""}]);
        });
    }
}

fn now() -> String {
    // Kubernetes' times have whole seconds.
    Timestamp::from_second(Timestamp::now().as_second()).unwrap().to_string()
}

fn selected(object: &Value, query: &HashMap<String, String>) -> bool {
    let labels = query.get("labelSelector").map_or("", String::as_str);
    labels.split(',').filter(|part| !part.is_empty()).all(|part| {
        let (name, value) = part.split_once('=').unwrap();
        object["metadata"]["labels"][name] == value
    })
}

fn line(object: &Value) -> Result<Frame<Bytes>, Infallible> {
    Ok(Frame::data(Bytes::from(format!("{object}\n"))))
}

fn streamed(frames: BoxStream<'static, Result<Frame<Bytes>, Infallible>>) -> Answer {
    Response::builder().status(200).body(StreamBody::new(frames)).unwrap()
}

fn whole(code: StatusCode, object: &Value) -> Answer {
    let mut answer = streamed(stream::once(ready(Ok(Frame::data(Bytes::from(object.to_string()))))).boxed());
    *answer.status_mut() = code;
    answer
}

fn status(code: u16, reason: &str, message: &str, details: Value) -> Answer {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": code,
        "message": message, "details": details});
    whole(StatusCode::from_u16(code).unwrap(), &status)
}
