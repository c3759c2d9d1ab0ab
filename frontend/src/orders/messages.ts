export type Message = { id: string | null; event: string; data: string };

/**
 * The messages of a stream of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html),
 * also those that have no data but an id: it is the place to come back to, and the shop greets with one.
 */
export async function* messages(texts: AsyncIterable<string>): AsyncGenerator<Message> {
  let message: Message = { id: null, event: 'message', data: '' };
  for await (const line of lines(texts)) {
    if (line === '') {
      yield { ...message, data: message.data.slice(0, -1) };
      message = { id: null, event: 'message', data: '' };
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    switch (field) {
      case 'id':
        message.id = value;
        break;
      case 'event':
        message.event = value;
        break;
      case 'data':
        message.data += `${value}\n`;
        break;
      default:
      // A comment, or what is not for us.
    }
  }
}

async function* lines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of texts) {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) {
      yield line.replace(/\r$/, '');
    }
  }
}
