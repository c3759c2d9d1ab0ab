import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { CategoriesSection } from './CategoriesSection';
import { CategoryChoice } from './CategoryChoice';

const registration = {
  name: 'categories',
  onChange: () => Promise.resolve(),
  onBlur: () => Promise.resolve(),
  ref: () => undefined,
};

function shown(answer: () => Response) {
  vi.stubGlobal(
    'fetch',
    vi.fn(() => Promise.resolve(answer())),
  );
  render(
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <CategoriesSection />
      <CategoryChoice error={undefined} registration={registration} />
    </QueryClientProvider>,
  );
}

afterEach(() => vi.unstubAllGlobals());

it('given an empty shop, when a product is to be made, then it says that a category comes first', async () => {
  shown(() => Response.json({ categories: [] }));
  expect(await screen.findByText(/Make a category first/)).toBeInTheDocument();
  expect(screen.getByText('Categories (0)')).toBeInTheDocument();
});

it('given categories that cannot be had, when they are shown, then that is said, and there are not none', async () => {
  shown(() => Response.json({ type: '/problems/x', title: '', status: 403, detail: 'No.' }, { status: 403 }));
  expect(await screen.findAllByRole('button', { name: 'Try again' })).toHaveLength(2);
  expect(screen.queryByText('Categories (0)')).toBeNull();
  expect(screen.queryByText(/Make a category first/)).toBeNull();
});
