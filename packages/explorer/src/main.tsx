import { render } from 'preact';
import { App } from './components/app.js';
import { start } from './state.js';
import './style.css';

start();
render(<App />, document.getElementById('app')!);
