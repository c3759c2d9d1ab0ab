import { Suspense, useLayoutEffect, useRef } from 'react';
import { Outlet, useLocation, useNavigationType } from 'react-router';
import { Notices } from '../notices/Notices';
import { Footer } from './Footer';
import { Masthead } from './Masthead';
import { PageBoundary } from './PageBoundary';
import { UnreachableBanner } from './UnreachableBanner';

export function Layout() {
  const { pathname } = useLocation();
  const main = useArrival(pathname);
  return (
    <>
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <Masthead />
      <UnreachableBanner />
      <main id="content" tabIndex={-1} ref={main}>
        <Suspense fallback={<p className="page quiet">Loading…</p>}>
          <PageBoundary key={pathname}>
            <Outlet />
          </PageBoundary>
        </Suspense>
      </main>
      <Footer />
      <Notices />
    </>
  );
}

/** After navigation the view and the focus are at the new page's beginning, as after loading a page. */
function useArrival(pathname: string) {
  const main = useRef<HTMLElement>(null);
  const arrivedAt = useRef(pathname);
  const way = useNavigationType();
  // Before the page is drawn: later, it would take the focus from whoever has already moved on with Tab.
  useLayoutEffect(() => {
    if (arrivedAt.current === pathname) {
      return;
    }
    arrivedAt.current = pathname;
    main.current?.focus({ preventScroll: true });
    // Going back, the browser knows better where one was.
    if (way !== 'POP') {
      window.scrollTo(0, 0);
    }
  }, [pathname, way]);
  return main;
}
