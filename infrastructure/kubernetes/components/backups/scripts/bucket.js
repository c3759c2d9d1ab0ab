// Streams into and out of a Cloud Storage bucket, as whoever the pod is to Google.

const http = require('node:http');
const https = require('node:https');

const { BUCKET, STORAGE_URL, METADATA_URL } = process.env;

/** Sends a request whose body, if any, `source` is, and gives the answer when its head is there. */
function send(method, url, headers, source) {
  const { request } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const call = request(url, { method, headers }, resolve).on('error', reject);
    if (source) source.on('error', (error) => call.destroy(error)).pipe(call);
    else call.end();
  });
}

async function text(answer) {
  let text = '';
  for await (const piece of answer) text += piece;
  return text;
}

async function accessToken() {
  const url = `${METADATA_URL}/computeMetadata/v1/instance/service-accounts/default/token`;
  const answer = await send('GET', url, { 'Metadata-Flavor': 'Google' });
  if (answer.statusCode !== 200) {
    throw new Error(`The metadata server gives no token: it answered ${answer.statusCode}.`);
  }
  return JSON.parse(await text(answer)).access_token;
}

async function call(method, name, headers, source) {
  const url = `${STORAGE_URL}/${BUCKET}/${encodeURI(name)}`;
  const authorization = `Bearer ${await accessToken()}`;
  const answer = await send(method, url, { authorization, ...headers }, source);
  if (answer.statusCode === 200) return answer;
  throw new Error(`${name} in the bucket ${BUCKET}: ${answer.statusCode}, ${await text(answer)}`);
}

/** Stores a stream under a name that is not taken. One that breaks off leaves nothing behind. */
async function put(name, source) {
  await text(await call('PUT', name, { 'x-goog-if-generation-match': '0' }, source));
}

/** What is stored under a name, as a stream. */
const get = (name) => call('GET', name, {});

module.exports = { get, put };
