import type { ReactNode } from 'react';
import { PageTitle } from './PageTitle';

/** The title of a page as its heading, and what is next to it. */
export function PageHeader({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="page-header">
      <PageTitle>{title}</PageTitle>
      <h1>{title}</h1>
      {children}
    </div>
  );
}
