import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { authorizeWith } from './api/client';
import { App } from './app/App';
import { preloadPage } from './app/pages';
import { queryClient } from './app/queryClient';
import { session } from './session/session';

/** Lets the browser paint the shell in index.html before the first render blocks the main thread. */
function shellPainted(): Promise<void> {
  return new Promise((resolve) => {
    if (document.hidden) {
      resolve();
    } else {
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
    }
  });
}

function renderApp(): void {
  const root = document.getElementById('root');
  if (root === null) {
    throw new Error('index.html has no element #root');
  }
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  );
}

authorizeWith(session);

// Not a top-level await: the page chunks import this module's chunk, so awaiting them here would deadlock.
void Promise.all([preloadPage(window.location.pathname), shellPainted()]).then(renderApp);
