declare global {
  interface Window {
    /** Responses that public/before-paint.js has requested, by URL. */
    prefetched?: Map<string, Promise<Response | undefined>>;
  }
}

/** The prefetched response to a request, once; undefined if there is none. */
export async function prefetchedResponse(request: Request): Promise<Response | undefined> {
  const response = window.prefetched?.get(request.url);
  window.prefetched?.delete(request.url);
  return await response;
}
