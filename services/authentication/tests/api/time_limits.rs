//! The database stops working on an operation when its caller stops waiting.

use testkit::SingleService;

use crate::support::{log_in, refresh, register, send_token, start};

async fn call_everything(service: &SingleService) {
    register(&service.client).await;
    let session = log_in(&service.client).await;
    let access_token = session.string("access_token");
    let caller = service.client.with_token(&access_token);
    caller.get("/api/me").await.expect(200);
    let session = refresh(&service.client, &session).await.expect(200);
    let token = session.string("refresh_token");
    let ended = send_token(&service.client, "/api/logout", &token).await;
    ended.expect(204);
}

#[tokio::test]
async fn given_all_calls_when_the_database_is_profiled_then_each_operation_has_a_time_limit() {
    let service = start().await;
    let profile = service.profile().await;
    call_everything(&service).await;
    assert_eq!(profile.commands_without_time_limit().await, []);
}
