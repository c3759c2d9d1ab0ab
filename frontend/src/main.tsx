import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { fetchPage } from './app/pages';
import { queryClient } from './app/queryClient';
import { Shop } from './app/Shop';

/** What index.html shows already is seen before the long work of drawing the whole page begins. */
function seen(): Promise<void> {
  return new Promise((go) => {
    if (document.hidden) {
      go();
    } else {
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(go)));
    }
  });
}

function drawShop(): void {
  const root = document.getElementById('root');
  if (root === null) {
    throw new Error('index.html has no element #root');
  }
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <BrowserRouter>
          <Shop />
        </BrowserRouter>
      </QueryClientProvider>
    </StrictMode>,
  );
}

// Not awaited: the code of the pages imports this module's own chunk, which would never be done.
void Promise.all([fetchPage(window.location.pathname), seen()]).then(drawShop);
