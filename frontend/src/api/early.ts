declare global {
  interface Window {
    /** What public/before-paint.js has asked the shop for before this script was there. */
    early?: Map<string, Promise<Response | undefined>>;
  }
}

/** The answer that is on its way already, for the first who asks; nothing if there is none. */
export async function earlyAnswer(request: Request): Promise<Response | undefined> {
  const answer = window.early?.get(request.url);
  window.early?.delete(request.url);
  return await answer;
}
