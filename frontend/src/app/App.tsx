import { Route, Routes } from 'react-router';
import type { PreloadablePage } from '../ui/lazyWithPreload';
import { Layout } from './Layout';
import { notFound as NotFoundPage, pages } from './pages';
import { RequireRole } from './RequireRole';

export function App() {
  return (
    <Routes>
      <Route element={<Layout />}>
        {routes(pages.public)}
        <Route element={<RequireRole required="user" />}>{routes(pages.user)}</Route>
        <Route element={<RequireRole required="admin" />}>{routes(pages.admin)}</Route>
        <Route path="*" element={<NotFoundPage />} />
      </Route>
    </Routes>
  );
}

function routes(group: Record<string, PreloadablePage>) {
  return Object.entries(group).map(([path, Page]) => (
    <Route key={path} path={path} caseSensitive element={<Page />} />
  ));
}
