// Uploads and downloads streams of a Cloud Storage bucket, with the pod's service account.

const http = require('node:http');
const https = require('node:https');

const { BUCKET, STORAGE_URL, METADATA_URL } = process.env;

/** Sends a request with the optional stream `source` as its body; resolves with the response after its headers. */
function send(method, url, headers, source) {
  const { request } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, resolve).on('error', reject);
    if (source) source.on('error', (error) => outgoing.destroy(error)).pipe(outgoing);
    else outgoing.end();
  });
}

async function text(response) {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

async function accessToken() {
  const url = `${METADATA_URL}/computeMetadata/v1/instance/service-accounts/default/token`;
  const response = await send('GET', url, { 'Metadata-Flavor': 'Google' });
  if (response.statusCode !== 200) {
    throw new Error(`the metadata server returned no token: status ${response.statusCode}`);
  }
  return JSON.parse(await text(response)).access_token;
}

async function call(method, name, headers, source) {
  const url = `${STORAGE_URL}/${BUCKET}/${encodeURI(name)}`;
  const authorization = `Bearer ${await accessToken()}`;
  const response = await send(method, url, { authorization, ...headers }, source);
  if (response.statusCode === 200) return response;
  throw new Error(`cannot ${method} ${name} in the bucket ${BUCKET}: status ${response.statusCode}, ${await text(response)}`);
}

/** Stores a stream as a new object. An upload that breaks off leaves no object. */
async function put(name, source) {
  await text(await call('PUT', name, { 'x-goog-if-generation-match': '0' }, source));
}

/** The content of an object, as a stream. */
const get = (name) => call('GET', name, {});

module.exports = { get, put };
