// Replaces each ${NAME} of the template, as the image and `cargo xtask up` do. nginx's own variables have no braces.
import { readFileSync } from 'node:fs';

const template = new URL('../nginx.conf.template', import.meta.url);

const defaults = {
  EDGE_LISTEN: '8080',
  EDGE_RUN: '/run/nginx',
  EDGE_PAGE: '/srv/page',
  EDGE_RESOLVER: '127.0.0.1',
  EDGE_CONNECTIONS_PER_ADDRESS: '100',
  EDGE_REQUESTS_PER_SECOND: '50',
  EDGE_TRUSTED_PROXIES: '127.0.0.1/32',
  GATEWAY: '127.0.0.1:8000',
  GATEWAY_OPTIONS: '',
};

/** The configuration with these values, and defaults for the others. */
export function render(values = {}) {
  const all = { ...defaults, ...values };
  return readFileSync(template, 'utf8').replaceAll(/\$\{(\w+)\}/g, (_, name) => {
    if (!(name in all)) {
      throw new Error(`no value for ${name}`);
    }
    return all[name];
  });
}

if (import.meta.filename === process.argv[1]) {
  process.stdout.write(render());
}
