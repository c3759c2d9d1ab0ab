import { Suspense, useLayoutEffect, useRef } from 'react';
import { Outlet, useLocation, useNavigationType } from 'react-router';
import { Notices } from '../notices/Notices';
import { ErrorBoundary } from './ErrorBoundary';
import { Footer } from './Footer';
import { Header } from './Header';
import { OutageBanner } from './OutageBanner';

export function Layout() {
  const { pathname } = useLocation();
  const main = useFocusOnNavigation(pathname);
  return (
    <>
      <a href="#content" className="skip-link">
        Skip to content
      </a>
      <Header />
      <OutageBanner />
      <main id="content" tabIndex={-1} ref={main}>
        <Suspense fallback={<p className="page muted">Loading…</p>}>
          <ErrorBoundary key={pathname}>
            <Outlet />
          </ErrorBoundary>
        </Suspense>
      </main>
      <Footer />
      <Notices />
    </>
  );
}

/** After navigation, moves scroll position and focus to the start of the page, as loading a document does. */
function useFocusOnNavigation(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const lastPathname = useRef(pathname);
  const navigationType = useNavigationType();
  // A layout effect: a later one would steal the focus from a user who has pressed Tab already.
  useLayoutEffect(() => {
    if (lastPathname.current === pathname) {
      return;
    }
    lastPathname.current = pathname;
    main.current?.focus({ preventScroll: true });
    // On back and forward, the browser restores the scroll position.
    if (navigationType !== 'POP') {
      window.scrollTo(0, 0);
    }
  }, [pathname, navigationType]);
  return main;
}
