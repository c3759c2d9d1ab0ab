import {
  displayName,
  expect,
  openAdminProducts,
  openFilledCart,
  startSession,
  statusBadge,
  test,
  uniqueName,
} from './fixtures';

test('given a new product, when a buyer orders it, then the order is accepted and the stock decreases', async ({
  page,
  otherBrowser: buyerPage,
  user: buyer,
}) => {
  const name = uniqueName('lantern');
  await openAdminProducts(page);
  await page.getByRole('button', { name: 'New product' }).click();
  const dialog = page.getByRole('dialog', { name: 'New product' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Description').fill('Gives a warm light.');
  await dialog.getByLabel('Price in euros').fill('19.99');
  await dialog.getByLabel('Items in stock').fill('4');
  await dialog.getByRole('checkbox', { name: 'Furniture' }).check();
  await dialog.getByRole('button', { name: 'Add product' }).click();
  await expect(dialog).toBeHidden();
  await page.getByRole('searchbox', { name: 'Search products' }).fill(name);
  const row = page.getByRole('row', { name: displayName(name) });
  await expect(row).toContainText('Only 4 left');

  await openFilledCart(buyerPage, buyer, name, 3);
  await buyerPage.getByRole('button', { name: 'Place order' }).click();
  await expect(statusBadge(buyerPage, 'Accepted')).toBeVisible();

  await page.getByRole('button', { name: `Restock ${displayName(name)}` }).click();
  const restock = page.getByRole('dialog', { name: `Restock ${displayName(name)}` });
  await restock.getByLabel('Change in stock').fill('30');
  await restock.getByRole('button', { name: 'Restock' }).click();
  await expect(row).toContainText('31 in stock');

  await page.getByRole('button', { name: `Edit ${displayName(name)}` }).click();
  const edit = page.getByRole('dialog', { name: `Edit ${displayName(name)}` });
  await edit.getByLabel('Price in euros').fill('21.50');
  await edit.getByRole('checkbox', { name: 'Kitchen' }).check();
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(row).toContainText('€21.50');
  await expect(row).toContainText('Kitchen');
});

test('given a product, when an admin enters a description of several lines, then the page shows one line', async ({
  page,
  product,
}) => {
  await openAdminProducts(page, product.name);
  await page.getByRole('button', { name: `Edit ${displayName(product.name)}` }).click();
  const edit = page.getByRole('dialog', { name: `Edit ${displayName(product.name)}` });
  await edit.getByLabel('Description').fill('Warm light.\n  Made by hand.');
  await edit.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText(`${displayName(product.name)} saved.`)).toBeVisible();
  await page.goto(`/products/${encodeURIComponent(product.name)}`);
  await expect(page.getByText('Warm light. Made by hand.', { exact: true })).toBeVisible();
  await expect(page.getByText('€12.50')).toBeVisible();
});

test('given more products than fit on a page, when an admin sorts and filters the table, then the API sorts and filters', async ({
  page,
  api,
}) => {
  const family = await api.newFamily(52, (number) => ({
    price: 100 - number,
    quantity: number === 7 ? 0 : 9,
  }));
  await openAdminProducts(page, family);
  const rows = page.getByRole('rowheader');
  await expect(rows).toHaveCount(50);
  await expect(rows.first()).toContainText(`${displayName(family)} 1`);
  await expect(rows.nth(9)).toContainText(`${displayName(family)} 10`);
  await expect(page.getByText('50+ products')).toBeVisible();
  await page.getByRole('button', { name: 'Show more' }).click();
  await expect(rows).toHaveCount(52);
  await expect(page.getByRole('link', { name: `${displayName(family)} 51` })).toBeFocused();

  await page.getByRole('button', { name: 'Price' }).click();
  await expect(page.getByRole('columnheader', { name: 'Price' })).toHaveAttribute('aria-sort', 'ascending');
  await expect(rows.first()).toContainText(`${displayName(family)} 52`);
  await page.getByRole('button', { name: 'Price' }).click();
  await expect(page.getByRole('columnheader', { name: 'Price' })).toHaveAttribute('aria-sort', 'descending');
  await expect(rows.first()).toContainText(`${displayName(family)} 1`);

  await page.getByRole('combobox', { name: 'Stock' }).selectOption('Sold out');
  await expect(rows).toHaveCount(1);
  await expect(rows).toContainText(`${displayName(family)} 7`);
});

test.describe('refusals', () => {
  test.use({ allowedConsole: /status of (?:400|422)/ });

  test('given invalid values, when an admin submits them, then each error is next to its field', async ({
    page,
    api,
  }) => {
    const product = await api.newProduct({ quantity: 2 });
    await openAdminProducts(page);
    await page.getByRole('button', { name: 'New product' }).click();
    const dialog = page.getByRole('dialog', { name: 'New product' });
    await dialog.getByRole('button', { name: 'Add product' }).click();
    await expect(dialog.getByLabel('Name')).toHaveAccessibleDescription('Please enter a name.');
    await expect(dialog.getByText('Please choose at least one category.')).toBeVisible();
    await dialog.getByLabel('Name').fill(product.name);
    await dialog.getByLabel('Description').fill('Again.');
    await dialog.getByLabel('Price in euros').fill('1');
    await dialog.getByLabel('Items in stock').fill('1');
    await dialog.getByRole('checkbox', { name: 'Kitchen' }).check();
    await dialog.getByRole('button', { name: 'Add product' }).click();
    await expect(dialog.getByLabel('Name')).toHaveAccessibleDescription('Product already exists');
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await page.getByRole('searchbox', { name: 'Search products' }).fill(product.name);
    await page.getByRole('button', { name: `Restock ${displayName(product.name)}` }).click();
    const restock = page.getByRole('dialog', { name: `Restock ${displayName(product.name)}` });
    await restock.getByLabel('Change in stock').fill('-3');
    await restock.getByRole('button', { name: 'Restock' }).click();
    await expect(restock.getByLabel('Change in stock')).toHaveAccessibleDescription(
      /The stock cannot go below zero\./,
    );
  });

  test('given a new category, when it is added twice, then the second attempt is refused', async ({
    page,
  }) => {
    const name = uniqueName('shelf');
    await openAdminProducts(page);
    await page.getByText(/^Categories \(/).click();
    await page.getByLabel('New category').fill(name);
    await page.getByRole('button', { name: 'Add category' }).click();
    await expect(page.getByRole('listitem').filter({ hasText: displayName(name) })).toBeVisible();
    await page.getByLabel('New category').fill(name);
    await page.getByRole('button', { name: 'Add category' }).click();
    await expect(page.getByLabel('New category')).toHaveAccessibleDescription('Category already exists');
  });
});

test('given a user without the admin role, when they open the admin page, then it refuses access', async ({
  page,
  user,
}) => {
  await startSession(page, user);
  await page.goto('/admin/products');
  await expect(page.getByRole('heading', { name: 'This page is for admins' })).toBeVisible();
});
