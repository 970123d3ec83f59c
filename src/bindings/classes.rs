//! Class histograms; the child that counts is in [`super::fork`].

use napi::Env;
use napi_derive::napi;

use super::failure::Result;
use crate::fork::{ClassTask, CountedClasses, Task};
use crate::heap::ClassCount;
use crate::v8::ClassQuery;

/// How the classes are counted.
#[napi(object, object_to_js = false)]
pub struct ClassRequestOptions {
    /// The fields of the document that are known ahead: a JSON object in one line.
    pub head: String,
    /// V8 is asked for its objects; else a heap snapshot is taken for it, and kept nowhere.
    pub query: bool,
}

impl ClassRequestOptions {
    pub(super) fn task(self, env: &Env) -> Result<Task> {
        let query = self.query.then(|| ClassQuery::new(env)).transpose()?;
        Ok(Task::Classes(ClassTask { query, head: self.head }))
    }
}

/// Objects of one class.
#[napi(object, object_from_js = false)]
pub struct ObjectsOfClass {
    /// Name of the class.
    pub name: String,
    /// Number of objects.
    pub count: f64,
}

/// A finished class histogram.
#[napi(object, object_from_js = false)]
pub struct ClassHistogramFigures {
    /// Size of the document.
    pub bytes: f64,
    /// Of the document, in hexadecimal.
    pub sha256: String,
    /// Objects in all.
    pub object_count: f64,
    /// Classes with a name.
    pub class_count: f64,
    /// Those with the most objects.
    pub classes: Vec<ObjectsOfClass>,
}

impl ClassHistogramFigures {
    #[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub(super) fn new(counted: &CountedClasses) -> Self {
        Self {
            bytes: counted.digest.bytes as f64,
            sha256: counted.digest.sha256.clone(),
            object_count: counted.object_count as f64,
            class_count: counted.class_count as f64,
            classes: counted.top.iter().map(objects_of_class).collect(),
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn objects_of_class(class: &ClassCount) -> ObjectsOfClass {
    ObjectsOfClass { name: class.name.clone(), count: class.count as f64 }
}

/// Whether this V8 can be asked for its objects.
#[napi(catch_unwind)]
pub fn queries_objects() -> bool {
    ClassQuery::is_supported()
}
