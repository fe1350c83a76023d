package lanewise.bench;

import java.util.List;

/// One self-contained HTML page: its style is in it, and it loads nothing.
final class Html {

  private static final String STYLE =
      """
      :root { color-scheme: light dark; --ink: #1d2330; --soft: #5d6675; --rule: #d8dde5;
        --paper: #ffffff; --band: #f4f6f9; --a: #2563a8; --b: #c2571a; --c: #2e7d4f;
        --limit: #8a919c; --bad: #b3261e; }
      @media (prefers-color-scheme: dark) { :root { --ink: #e7eaf0; --soft: #a2abb9;
        --rule: #3a424f; --paper: #171b22; --band: #1f252e; --a: #6aa9e9; --b: #eb9a5f;
        --c: #67c08c; --limit: #8f98a5; --bad: #f28b82; } }
      body { font: 14px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
        max-width: 1180px; margin: 2rem auto; padding: 0 1rem; }
      h1 { font-size: 1.6rem; margin: 0 0 .2rem; }
      h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
      p { margin: .3rem 0; } .soft { color: var(--soft); } .bad { color: var(--bad); }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
      th, td { padding: .18rem .6rem; border-bottom: 1px solid var(--rule); text-align: right;
        white-space: nowrap; } th { color: var(--soft); font-weight: 600; }
      td.text, th.text { text-align: left; } tbody tr:nth-child(even) { background: var(--band); }
      dl { display: grid; grid-template-columns: max-content auto; gap: .15rem 1rem; }
      dt { color: var(--soft); } dd { margin: 0; }
      svg { max-width: 100%; height: auto; } svg text { fill: var(--ink); font-size: 12px; }
      svg text.soft { fill: var(--soft); }
      svg text.label { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
      svg .axis { stroke: var(--limit); fill: none; }
      svg .grid { stroke: var(--rule); } svg .a { fill: var(--a); } svg .b { fill: var(--b); }
      svg .c { fill: var(--c); } svg .limit { fill: var(--limit); } svg .thin { opacity: .45; }
      svg .roof { stroke: var(--ink); stroke-width: 2; fill: none; }
      svg .dot { stroke: var(--paper); stroke-width: 1; }
      """;

  private final StringBuilder body = new StringBuilder();
  private final String title;

  Html(String title) {
    this.title = title;
    body.append("<h1>").append(escape(title)).append("</h1>\n");
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  Html heading(String text) {
    body.append("<h2>").append(escape(text)).append("</h2>\n");
    return this;
  }

  /// @param style `soft`, `bad` or empty
  Html paragraph(String style, String text) {
    body.append("<p class=\"%s\">".formatted(style)).append(escape(text)).append("</p>\n");
    return this;
  }

  /// Names and values, alternating.
  Html facts(String... namesAndValues) {
    body.append("<dl>");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      body.append("<dt>").append(escape(namesAndValues[i])).append("</dt>");
      body.append("<dd>").append(escape(namesAndValues[i + 1])).append("</dd>\n");
    }
    body.append("</dl>\n");
    return this;
  }

  /// @param columns titles; those that start with `<` are of text, and aligned left
  Html table(List<String> columns, List<List<String>> rows) {
    body.append("<div class=\"scroll\"><table><thead><tr>");
    for (String column : columns) {
      boolean text = column.startsWith("<");
      cell("th", text, text ? column.substring(1) : column);
    }
    body.append("</tr></thead><tbody>\n");
    for (List<String> row : rows) {
      body.append("<tr>");
      for (int i = 0; i < row.size(); i++) {
        cell("td", columns.get(i).startsWith("<"), row.get(i));
      }
      body.append("</tr>\n");
    }
    body.append("</tbody></table></div>\n");
    return this;
  }

  private void cell(String tag, boolean text, String content) {
    body.append("<%s%s>".formatted(tag, text ? " class=\"text\"" : ""))
        .append(escape(content))
        .append("</%s>".formatted(tag));
  }

  Html picture(Svg svg) {
    body.append("<div class=\"scroll\">").append(svg.render()).append("</div>\n");
    return this;
  }

  String render() {
    return """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>%s</title>
    <style>
    %s</style>
    </head>
    <body>
    %s</body>
    </html>
    """
        .formatted(escape(title), STYLE, body);
  }
}
