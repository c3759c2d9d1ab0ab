//! The configuration of nginx.

const TEMPLATE: &str = include_str!("../nginx.conf.template");

/// Why there is no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationError {
    /// A variable of the template has no value.
    #[error("{0} must be set; it may be empty")]
    MissingVariable(String),
    /// A placeholder of the template does not end.
    #[error("the template has a ${{ without a }}")]
    OpenPlaceholder,
}

/// Returns the configuration, with the `value` of each variable. `EDGE_TRUSTED_PROXIES` is a list,
/// separated by commas.
pub fn configuration(value: impl Fn(&str) -> Option<String>) -> Result<String, ConfigurationError> {
    render(TEMPLATE, |name| {
        let value = value(name)?;
        Some(match name {
            // The directive takes one network.
            "EDGE_TRUSTED_PROXIES" => value.replace(',', "; set_real_ip_from "),
            _ => value,
        })
    })
}

/// Replaces each `${NAME}` in `template` by its value. nginx's own variables have no braces.
fn render(
    template: &str,
    value: impl Fn(&str) -> Option<String>,
) -> Result<String, ConfigurationError> {
    let mut parts = template.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part
            .split_once('}')
            .ok_or(ConfigurationError::OpenPlaceholder)?;
        let value =
            value(name).ok_or_else(|| ConfigurationError::MissingVariable(name.to_owned()))?;
        text.push_str(&value);
        text.push_str(rest);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_a_template_when_rendered_then_variables_are_replaced_and_a_missing_variable_is_named()
    {
        let value = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "NOTHING" => Some(String::new()),
            _ => None,
        };
        let check = |template: &str, expected: Result<&str, &str>| {
            let rendered = render(template, value).map_err(|error| error.to_string());
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(rendered, expected, "{template}");
        };
        check("a ${A};${NOTHING}; $uri", Ok("a 1;; $uri"));
        check("${B}", Err("B must be set; it may be empty"));
        check("${A", Err("the template has a ${ without a }"));
    }

    #[test]
    fn given_several_trusted_proxies_when_rendered_then_each_has_its_directive() {
        let text =
            configuration(|_| Some("10.0.0.0/8,192.168.0.0/16".to_owned())).expect("renders");
        let directives = "set_real_ip_from 10.0.0.0/8; set_real_ip_from 192.168.0.0/16;";
        assert!(text.contains(directives), "{text}");
    }

    #[test]
    fn given_the_nginx_template_when_rendered_then_no_placeholder_is_left() {
        let text = configuration(|name| Some(name.to_lowercase())).expect("renders");
        assert!(!text.contains("${"));
    }
}
