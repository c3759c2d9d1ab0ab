// Writes every database into a folder of the bucket, and at last what there is in it: without that a folder is no
// backup. Each document is a line of Extended JSON, which keeps every type. Indexes are not kept: services make them.

const { Readable } = require('node:stream');
const { createGzip } = require('node:zlib');
const bucket = require(`${process.env.SCRIPTS}/bucket.js`);
const databases = require(`${process.env.SCRIPTS}/databases.js`);

// Without it a double such as 1.0 would come as a number, and go back as an integer.
const AS_STORED = { promoteValues: false, promoteLongs: false, bsonRegExp: true };

/** All documents as they were at one instant, whatever is written meanwhile; `counts` tells how many there were. */
async function* lines(mongo, counts) {
  const instant = mongo.startSession({ snapshot: true }).getDatabase('shop');
  for (const collection of await mongo.getDB('shop').getCollectionNames()) {
    counts[collection] = 0;
    for await (const document of await instant.getCollection(collection).find({}, {}, AS_STORED)) {
      counts[collection] += 1;
      yield `${EJSON.stringify({ collection, document }, { relaxed: false })}\n`;
    }
  }
}

async function store(folder, name) {
  const mongo = await new Mongo(databases.uri(name));
  const counts = {};
  const text = Readable.from(lines(mongo, counts));
  const packed = text.pipe(createGzip());
  text.on('error', (error) => packed.destroy(error));
  await bucket.put(`${folder}/${name}.gz`, packed);
  print(`Stored ${name}: ${JSON.stringify(counts)}`);
  return counts;
}

async function backUp() {
  const folder = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const contents = {};
  for (const name of databases.NAMES) contents[name] = await store(folder, name);
  await bucket.put(`${folder}/contents.json`, Readable.from([JSON.stringify(contents)]));
  print(`The backup ${folder} is complete.`);
}

backUp();
