import { Link, matchPath, Navigate, Outlet, useLocation } from 'react-router';
import { logInPath } from '../account/next';
import { BackToOrders } from '../orders/BackToOrders';
import { shortId } from '../orders/shortId';
import { useSession } from '../session/useSession';
import { PageTitle } from './PageTitle';

/** Pages for those who are logged in, or for admins alone. The shop itself checks again at every call. */
export function OnlyFor({ who }: { who: 'user' | 'admin' }) {
  const session = useSession();
  const { pathname, search } = useLocation();
  if (session.status === 'restoring') {
    return <Restoring pathname={pathname} />;
  }
  if (session.status === 'visitor') {
    // The address changes before the page does: whoever is leaving already is not sent elsewhere.
    if (window.location.pathname !== pathname) {
      return null;
    }
    return <Navigate to={logInPath(pathname + search)} replace />;
  }
  if (who === 'admin' && session.me.role !== 'admin') {
    return <NoAccess />;
  }
  return <Outlet />;
}

/** What is in index.html for the time before the script stays until it is known who is here. */
function Restoring({ pathname }: { pathname: string }) {
  const { params: { id } = {} } = matchPath('/orders/:id', pathname) ?? {};
  return (
    <div className={pathname.startsWith('/orders') ? 'page orders' : 'page'}>
      {id !== undefined && <BackToOrders />}
      <div className="page-head">
        <h1>{id === undefined ? headings[pathname] : `Order ${shortId(id)}`}</h1>
      </div>
      <p className="visually-hidden" role="status">
        Loading…
      </p>
    </div>
  );
}

const headings: Partial<Record<string, string>> = {
  '/orders': 'Your orders',
  '/admin/products': 'Manage products',
};

function NoAccess() {
  return (
    <div className="quiet-state">
      <PageTitle>No access</PageTitle>
      <h1>This page is for admins</h1>
      <p>Your account does not have the rights for it. If it should, ask an admin of the shop.</p>
      <Link to="/" className="btn btn-primary">
        To the catalogue
      </Link>
    </div>
  );
}
