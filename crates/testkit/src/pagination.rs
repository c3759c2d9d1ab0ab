//! Reading lists page by page, and the checks of their parameters.

use serde_json::Value;

use crate::client::Client;

impl Client {
    /// Reads all pages of a list; `items` is the name of the array in a page. `path` ends with its
    /// query: `/api/orders?`. Panics if a page is too long, or too short without being the last.
    pub async fn read_pages(&self, path: &str, items: &str, limit: usize) -> Vec<Value> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("{path}&limit={limit}{cursor}");
            let page = self.get(&path).await.expect(200).json();
            let items = page[items].as_array().expect("a list");
            assert!(items.len() <= limit);
            let next = page.get("next_cursor").expect("each page has it");
            assert!(
                next.is_null() || items.len() == limit,
                "only the last page may be short"
            );
            found.extend_from_slice(items);
            let Some(next) = next.as_str() else {
                return found;
            };
            cursor = format!("&cursor={next}");
        }
    }

    /// Panics unless invalid limits and cursors of the list at `path` are rejected with 422.
    pub async fn expect_page_errors(&self, path: &str) {
        for limit in ["0", "-1", "101", "1.5", "x", "", "99999999999999999999"] {
            let response = self.get(&format!("{path}?limit={limit}")).await;
            response.expect_field_error("limit");
        }
        for cursor in [
            "x",
            "%00",
            "AAAA",
            "%7B%22%24ne%22%3A1%7D",
            &"A".repeat(2_000),
        ] {
            let path = format!("{path}?limit=2&cursor={cursor}");
            self.get(&path).await.expect_field_error("cursor");
        }
    }
}
