import { Link, matchPath, Navigate, Outlet, useLocation } from 'react-router';
import { logInPath } from '../account/redirect';
import { BackToOrders } from '../orders/BackToOrders';
import { shortId } from '../orders/shortId';
import { useSession } from '../session/useSession';
import { PageTitle } from '../ui/PageTitle';

/** Routes that need a session, or the admin role. The services check every call themselves. */
export function RequireRole({ required }: { required: 'user' | 'admin' }) {
  const session = useSession();
  const { pathname, search } = useLocation();
  if (session.status === 'restoring') {
    return <Restoring pathname={pathname} />;
  }
  if (session.status === 'signed-out') {
    // The address changes before React renders: a user who is leaving this page already is not redirected.
    if (window.location.pathname !== pathname) {
      return null;
    }
    return <Navigate to={logInPath(pathname + search)} replace />;
  }
  if (required === 'admin' && session.me.role !== 'admin') {
    return <NoAccess />;
  }
  return <Outlet />;
}

/** Looks like the shell in index.html until the session is restored. */
function Restoring({ pathname }: { pathname: string }) {
  const { params: { id } = {} } = matchPath('/orders/:id', pathname) ?? {};
  return (
    <div className={pathname.startsWith('/orders') ? 'page orders' : 'page'}>
      {id !== undefined && <BackToOrders />}
      <div className="page-header">
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
    <div className="empty-state">
      <PageTitle>No access</PageTitle>
      <h1>This page is for admins</h1>
      <p>You do not have access to this page. If you need it, ask an admin of the shop.</p>
      <Link to="/" className="btn btn-primary">
        Continue shopping
      </Link>
    </div>
  );
}
