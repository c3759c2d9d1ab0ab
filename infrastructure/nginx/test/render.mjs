// Renders the configuration with the program of the image. `infrastructure/nginx/check` builds it.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../target/xtask/edge', import.meta.url));

const defaults = {
  EDGE_LISTEN: '8080',
  EDGE_RUN: '/run/nginx',
  EDGE_PAGE: '/srv/page',
  EDGE_RESOLVER: '127.0.0.1',
  EDGE_CONNECTIONS_PER_ADDRESS: '100',
  EDGE_REQUESTS_PER_SECOND: '50',
  EDGE_TRUSTED_PROXIES: '127.0.0.1/32',
  EDGE_CLIENT_ADDRESS: 'X-Forwarded-For',
  EDGE_SERVER_OPTIONS: '',
  GATEWAY: '127.0.0.1:8000',
  GATEWAY_OPTIONS: '',
  GATEWAY_SCHEME: 'http',
  GATEWAY_TLS_OPTIONS: '',
};

/** The configuration with these values, and defaults for the others. */
export function render(values = {}) {
  return execFileSync(program, ['--render'], { env: { ...defaults, ...values }, encoding: 'utf8' });
}

if (import.meta.filename === process.argv[1]) {
  process.stdout.write(render());
}
