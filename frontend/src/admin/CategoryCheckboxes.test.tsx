import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { CategoriesSection } from './CategoriesSection';
import { CategoryCheckboxes } from './CategoryCheckboxes';

const registration = {
  name: 'categories',
  onChange: () => Promise.resolve(),
  onBlur: () => Promise.resolve(),
  ref: () => undefined,
};

function renderWith(response: () => Response) {
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.resolve(response())),
  );
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <CategoriesSection />
      <CategoryCheckboxes error={undefined} registration={registration} />
    </QueryClientProvider>,
  );
}

afterEach(() => vi.unstubAllGlobals());

it('given a shop without categories, when a product is added, then the form says that a category comes first', async () => {
  renderWith(() => Response.json({ categories: [] }));
  expect(await screen.findByText(/Add one first/)).toBeInTheDocument();
  expect(screen.getByText('Categories (0)')).toBeInTheDocument();
});

it('given categories that cannot be loaded, when they are shown, then the error is shown instead of an empty list', async () => {
  renderWith(() =>
    Response.json({ type: '/problems/x', title: '', status: 403, detail: 'No.' }, { status: 403 }),
  );
  expect(await screen.findAllByRole('button', { name: 'Try again' })).toHaveLength(2);
  expect(screen.queryByText('Categories (0)')).toBeNull();
  expect(screen.queryByText(/Add one first/)).toBeNull();
});
