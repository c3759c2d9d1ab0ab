//! The calls of librdkafka. Its documentation of the admin API is in `rdkafka.h`.
#![expect(
    unsafe_code,
    reason = "the crate rdkafka has no function that creates rules"
)]

use std::ffi::{CString, c_char};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::bindings::{
    self, rd_kafka_AclBinding_t, rd_kafka_AclOperation_t as AclOperation,
    rd_kafka_AclPermissionType_t as Permission, rd_kafka_ResourcePatternType_t as Pattern,
    rd_kafka_ResourceType_t as ResourceType, rd_kafka_event_t, rd_kafka_queue_t,
    rd_kafka_resp_err_t,
};
use rdkafka::client::Client;
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaErrorCode;

use crate::{Operation, Resource, Rule};

const EVERY_NAME: &str = "*";
/// Kafka's name of the only resource of the type cluster.
const CLUSTER: &str = "kafka-cluster";

pub(crate) fn create<C: ClientContext>(
    client: &Client<C>,
    rules: &[Rule],
    timeout: Duration,
) -> Result<(), KafkaError> {
    let bindings = rules
        .iter()
        .map(Binding::new)
        .collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<_> = bindings.iter().map(|binding| binding.0.as_ptr()).collect();
    let queue = Queue::new(client)?;
    // SAFETY: `client` and `queue` are alive, and `pointers` has this number of living bindings, which
    // are copied before the call returns. Without options, the defaults of the client apply.
    unsafe {
        bindings::rd_kafka_CreateAcls(
            client.native_ptr(),
            pointers.as_mut_ptr(),
            pointers.len(),
            ptr::null(),
            queue.0.as_ptr(),
        );
    }
    queue.answer(timeout)?.outcome()
}

/// A rule in the memory of the C library.
struct Binding(NonNull<rd_kafka_AclBinding_t>);

impl Binding {
    fn new(rule: &Rule) -> Result<Self, KafkaError> {
        let (resource, name) = resource(&rule.resource);
        let (name, user) = (text(name)?, text(&format!("User:{}", rule.user))?);
        let mut reason: [c_char; 128] = [0; 128];
        // SAFETY: the texts end with a zero and are copied, and `reason` has the stated size.
        let binding = unsafe {
            bindings::rd_kafka_AclBinding_new(
                resource,
                name.as_ptr(),
                Pattern::RD_KAFKA_RESOURCE_PATTERN_LITERAL,
                user.as_ptr(),
                c"*".as_ptr(),
                operation(rule.operation),
                Permission::RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW,
                reason.as_mut_ptr(),
                reason.len(),
            )
        };
        let binding = NonNull::new(binding).map(Self);
        binding.ok_or(KafkaError::AdminOp(RDKafkaErrorCode::InvalidArgument))
    }
}

impl Drop for Binding {
    fn drop(&mut self) {
        // SAFETY: it was created by `new` and is destroyed once.
        unsafe { bindings::rd_kafka_AclBinding_destroy(self.0.as_ptr()) }
    }
}

/// The queue of the answer.
struct Queue(NonNull<rd_kafka_queue_t>);

impl Queue {
    fn new<C: ClientContext>(client: &Client<C>) -> Result<Self, KafkaError> {
        // SAFETY: the client is alive.
        let queue = unsafe { bindings::rd_kafka_queue_new(client.native_ptr()) };
        let queue = NonNull::new(queue).map(Self);
        queue.ok_or(KafkaError::AdminOp(RDKafkaErrorCode::Fail))
    }

    fn answer(&self, timeout: Duration) -> Result<Answer, KafkaError> {
        let milliseconds = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: the queue is alive.
        let event = unsafe { bindings::rd_kafka_queue_poll(self.0.as_ptr(), milliseconds) };
        let answer = NonNull::new(event).map(Answer);
        answer.ok_or(KafkaError::AdminOp(RDKafkaErrorCode::OperationTimedOut))
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: it was created by `new` and is destroyed once. A later answer is dropped by the library.
        unsafe { bindings::rd_kafka_queue_destroy(self.0.as_ptr()) }
    }
}

/// The broker's answer, which owns the results.
struct Answer(NonNull<rd_kafka_event_t>);

impl Answer {
    /// The first error, of the request or of a rule.
    fn outcome(&self) -> Result<(), KafkaError> {
        // SAFETY: the event is alive.
        check(unsafe { bindings::rd_kafka_event_error(self.0.as_ptr()) })?;
        // SAFETY: the event is alive; of another type of event the result is null.
        let result = unsafe { bindings::rd_kafka_event_CreateAcls_result(self.0.as_ptr()) };
        if result.is_null() {
            return Err(KafkaError::AdminOp(RDKafkaErrorCode::Fail));
        }
        let mut count = 0;
        // SAFETY: the result is not null, and lives as long as the event.
        let first = unsafe { bindings::rd_kafka_CreateAcls_result_acls(result, &raw mut count) };
        for index in 0..count {
            // SAFETY: the list has `count` elements.
            let one = unsafe { first.add(index) };
            // SAFETY: the element is initialised and lives as long as the event.
            let one = unsafe { one.read() };
            // SAFETY: the element is not null.
            let error = unsafe { bindings::rd_kafka_acl_result_error(one) };
            // SAFETY: of no error the code is zero, and otherwise it lives as long as the event.
            check(unsafe { bindings::rd_kafka_error_code(error) })?;
        }
        Ok(())
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: the library gave it to us, and it is destroyed once.
        unsafe { bindings::rd_kafka_event_destroy(self.0.as_ptr()) }
    }
}

fn check(code: rd_kafka_resp_err_t) -> Result<(), KafkaError> {
    match code {
        rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        code => Err(KafkaError::AdminOp(code.into())),
    }
}

fn text(text: &str) -> Result<CString, KafkaError> {
    CString::new(text).map_err(|_| KafkaError::AdminOp(RDKafkaErrorCode::InvalidArgument))
}

fn operation(operation: Operation) -> AclOperation {
    match operation {
        Operation::All => AclOperation::RD_KAFKA_ACL_OPERATION_ALL,
        Operation::Read => AclOperation::RD_KAFKA_ACL_OPERATION_READ,
        Operation::Write => AclOperation::RD_KAFKA_ACL_OPERATION_WRITE,
        Operation::Create => AclOperation::RD_KAFKA_ACL_OPERATION_CREATE,
        Operation::Describe => AclOperation::RD_KAFKA_ACL_OPERATION_DESCRIBE,
        Operation::DescribeConfigs => AclOperation::RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS,
    }
}

fn resource(resource: &Resource) -> (ResourceType, &str) {
    let topic = ResourceType::RD_KAFKA_RESOURCE_TOPIC;
    let group = ResourceType::RD_KAFKA_RESOURCE_GROUP;
    let transaction = ResourceType::RD_KAFKA_RESOURCE_TRANSACTIONAL_ID;
    match resource {
        Resource::Topic(name) => (topic, name),
        Resource::AllTopics => (topic, EVERY_NAME),
        Resource::Group(name) => (group, name),
        Resource::AllGroups => (group, EVERY_NAME),
        Resource::AllTransactionalIds => (transaction, EVERY_NAME),
        Resource::Cluster => (ResourceType::RD_KAFKA_RESOURCE_BROKER, CLUSTER),
    }
}
