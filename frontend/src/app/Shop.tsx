import { Route, Routes } from 'react-router';
import { Layout } from './Layout';
import type { LaterPage } from './later';
import { OnlyFor } from './OnlyFor';
import { notFound as NotFoundPage, pages } from './pages';

/** Every page of the shop, and who may see it. */
export function Shop() {
  return (
    <Routes>
      <Route element={<Layout />}>
        {routes(pages.everybody)}
        <Route element={<OnlyFor who="user" />}>{routes(pages.user)}</Route>
        <Route element={<OnlyFor who="admin" />}>{routes(pages.admin)}</Route>
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}

function routes(some: Record<string, LaterPage>) {
  return Object.entries(some).map(([path, Page]) => <Route key={path} path={path} element={<Page />} />);
}
