// A page as Markdown. Figures are left to the HTML page.
import { type MarkdownTableOptions, markdownTable } from 'markdown-table';
import type { Block, Cell, Page } from '../report/page.ts';

export function markdown({ title, lead, sections, footer }: Page): string {
  const parts = [
    `# ${title}`,
    lead,
    ...sections.flatMap((section) => [`## ${section.title}`, ...section.blocks.flatMap(blockText)]),
    ...(footer === undefined ? [] : [footer]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function blockText(block: Block): string[] {
  switch (block.kind) {
    case 'prose':
      return [block.text];
    case 'list':
      return [block.items.map((item) => `- ${item}`).join('\n')];
    case 'facts':
      return [block.facts.map(([name, value]) => `- ${name}: ${value}`).join('\n')];
    case 'verbatim':
      return [`\`\`\`\n${block.text}\n\`\`\``];
    case 'chart':
      return [];
    case 'table':
      return [`**${block.caption}**`, tableText(block), ...(block.note === undefined ? [] : [block.note])];
  }
}

function tableText({ columns, rows }: Extract<Block, { kind: 'table' }>): string {
  const head = columns.map(({ title, group }) => escaped(group === undefined ? title : `${group}, ${title}`));
  const align: MarkdownTableOptions['align'] = columns.map((column) => (column.align === 'right' ? 'r' : 'l'));
  return markdownTable([head, ...rows.map((row) => row.map((cell) => escaped(cellText(cell))))], {
    align,
    stringLength: (text) => [...text].length,
  });
}

function cellText(cell: Cell): string {
  if (cell === null) return '–';
  if (typeof cell !== 'object') return String(cell);
  const text = cell.strong ? `**${cell.text}**` : String(cell.text);
  return cell.note === undefined ? text : `${text} (${cell.note})`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
