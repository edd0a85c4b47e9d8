/**
 * The style sheet of reports: one column of text with the contents beside it
 * where there is room, light and dark, screen and paper.
 *
 * @module
 */

/** Styles of a report. */
export const REPORT_STYLE: string = `
:root{color-scheme:light dark;--paper:#ffffff;--ink:#1b1f24;--quiet:#5b6570;--line:#dde1e6;--tint:#f5f7f9;--accent:#2f6299;--good:#1f7a45;--bad:#b3333f;--warn:#8a5a00;--warn-tint:#fff6e0}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--ink:#e4e7ea;--quiet:#9ba5af;--line:#30363d;--tint:#1c2126;--accent:#8db9e6;--good:#6cc592;--bad:#f08a92;--warn:#e8bd63;--warn-tint:#2b2415}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
.page{display:grid;grid-template-columns:13rem minmax(0,54rem);gap:3.5rem;max-width:76rem;margin:0 auto;padding:2.5rem 1.5rem 5rem}
.page.narrow{grid-template-columns:minmax(0,54rem);max-width:57rem}
nav{position:sticky;top:2.5rem;align-self:start;font-size:.88rem;line-height:1.4;max-height:calc(100vh - 4rem);overflow:auto}
nav ol{list-style:none;margin:0;padding:0;border-left:1px solid var(--line)}
nav a{display:block;padding:.32rem 0 .32rem .95rem;color:var(--quiet);text-decoration:none;border-left:2px solid transparent;margin-left:-1px}
nav a:hover,nav a:focus-visible{color:var(--accent);border-left-color:var(--accent)}
header{margin-bottom:2.6rem}
h1{font-size:2.15rem;line-height:1.18;letter-spacing:-.018em;margin:0 0 .6rem;font-weight:700}
h2{font-size:1.4rem;line-height:1.3;letter-spacing:-.01em;margin:0 0 .9rem;padding-top:1.1rem;border-top:1px solid var(--line)}
h3{font-size:1.08rem;margin:1.8rem 0 .5rem}
h4{font-size:1rem;margin:1.4rem 0 .4rem}
section{margin:0 0 2.8rem;scroll-margin-top:1rem}
p{margin:0 0 1rem;max-width:44rem}
ul,ol{max-width:44rem;margin:0 0 1rem;padding-left:1.3rem}
li+li{margin-top:.25rem}
.lead p{font-size:1.14rem;color:var(--quiet);margin-bottom:.5rem}
.made{font-size:.86rem;color:var(--quiet);margin:0}
a{color:var(--accent)}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--tint);padding:.1em .35em;border-radius:4px}
pre{background:var(--tint);border:1px solid var(--line);border-radius:8px;padding:.9rem 1rem;overflow:auto;line-height:1.45}
pre code{background:none;padding:0}
figure{margin:1.4rem 0}
figcaption{font-size:.88rem;color:var(--quiet);margin-top:.5rem;max-width:44rem}
.scroll{overflow-x:auto}
.scroll>.weft-table{margin:.9rem 0 1.3rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.8rem;margin:1.2rem 0 1.6rem}
.facts>div{background:var(--tint);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}
.facts dt{font-size:.82rem;color:var(--quiet);line-height:1.35}
.facts dd{margin:.15rem 0 0;font-size:1.5rem;font-weight:650;line-height:1.25;letter-spacing:-.01em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.facts dd.good{color:var(--good)}.facts dd.bad{color:var(--bad)}
.facts small{display:block;font-size:.8rem;color:var(--quiet);line-height:1.35;margin-top:.2rem}
.note{border-left:3px solid var(--accent);background:var(--tint);border-radius:0 8px 8px 0;padding:.75rem 1.1rem;margin:1.2rem 0;max-width:46rem}
.note.warning{border-left-color:var(--warn);background:var(--warn-tint)}
.note>:last-child{margin-bottom:0}
.definitions{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.3rem 1.4rem;font-size:.9rem;margin:1rem 0}
.definitions dt{color:var(--quiet)}
.definitions dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap;font-variant-numeric:tabular-nums}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:0 1.6rem}
details{border:1px solid var(--line);border-radius:8px;padding:.55rem 1rem;margin:1rem 0}
summary{cursor:pointer;font-weight:600}
details[open] summary{margin-bottom:.7rem}
@media (max-width:62rem){.page{display:block;max-width:57rem;padding-top:1.6rem}nav{position:static;margin-bottom:1.8rem}nav ol{display:flex;flex-wrap:wrap;gap:0 1.1rem;border:0}.picture svg{min-width:40rem}nav a{padding:.15rem 0;border:0;margin:0;text-decoration:underline}h1{font-size:1.7rem}}
@media print{:root{--paper:#fff;--ink:#000;--quiet:#444;--line:#ccc;--tint:#fff;--accent:#000;--good:#000;--bad:#000;--warn:#000;--warn-tint:#fff}body{font-size:10.5pt}.page{display:block;padding:0;max-width:none}nav{display:none}section{margin-bottom:1.4rem}h2,h3{break-after:avoid}figure,.facts,.note,tr{break-inside:avoid}.picture svg{min-width:0!important}.scroll{overflow:visible}details::details-content{content-visibility:visible;block-size:auto}}
`;
