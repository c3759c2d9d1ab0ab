import { describe, expect, it } from 'vitest';
import { arrange } from './arrange';
import { filtersFrom, needsAll, searchFrom } from './filters';

function product(name: string, price: number, quantity: number) {
  return { name, price, quantity, description: '', categories: [] };
}

describe('the filters in the address', () => {
  it('given filters, when they go through the address, then they are the same', () => {
    const filters = { q: 'oak & ash', category: 'garden/yard', sort: 'dearest', inStock: true } as const;
    expect(filtersFrom(new URLSearchParams(searchFrom(filters).toString()))).toEqual(filters);
  });

  it('given the plain catalogue, when its address is made, then it is empty', () => {
    expect(searchFrom(filtersFrom(new URLSearchParams())).toString()).toBe('');
  });

  it('given an address that somebody made up, when it is read, then it is the plain catalogue', () => {
    expect(filtersFrom(new URLSearchParams('sort=toString&stock=perhaps'))).toEqual({
      q: '',
      category: null,
      sort: 'listed',
      inStock: false,
    });
  });
});

describe('the arrangement of products', () => {
  const listed = [product('b10', 5, 1), product('a', 9, 0), product('b9', 1, 4)];
  const names = (sort: 'listed' | 'newest' | 'cheapest' | 'dearest' | 'name', inStock = false) =>
    arrange(listed, { sort, inStock }).map((each) => each.name);

  it('given each order, when products are arranged, then they follow it', () => {
    expect(names('listed')).toEqual(['b10', 'a', 'b9']);
    expect(names('newest')).toEqual(['b9', 'a', 'b10']);
    expect(names('cheapest')).toEqual(['b9', 'b10', 'a']);
    expect(names('dearest')).toEqual(['a', 'b10', 'b9']);
    expect(names('name')).toEqual(['a', 'b9', 'b10']);
    expect(names('listed', true)).toEqual(['b10', 'b9']);
  });

  it('given a choice that the shop cannot page by, when it is made, then everything is asked for', () => {
    const plain = filtersFrom(new URLSearchParams('q=chair'));
    expect([plain, { ...plain, inStock: true }, { ...plain, sort: 'name' as const }].map(needsAll)).toEqual([
      false,
      true,
      true,
    ]);
  });
});
